"""λ insight/api."""

from functions.insight.api.routes import routes
from functions.shared.web import build_app, lambda_handler

app = build_app("Reelate insight", routes)
handler = lambda_handler(app)
