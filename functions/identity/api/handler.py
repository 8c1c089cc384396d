"""λ identity/api."""

from functions.identity.api.routes import routes
from functions.shared.web import build_app, lambda_handler

app = build_app("Reelate identity", routes)
handler = lambda_handler(app)
