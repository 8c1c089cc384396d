// Draws the API's description. The API lies beside this page, whatever stage or base path is in
// front of both: requests of "Try it out" go there, with the key that is typed into "Authorize".
"use strict";

const root = new URL("..", window.location.href).href;

async function draw() {
  const reply = await fetch(root + "v1/openapi.json");
  if (!reply.ok) {
    throw new Error(`the description could not be read (${reply.status})`);
  }
  const spec = await reply.json();
  spec.servers = [{ url: root.replace(/\/$/, ""), description: "This deployment." }];
  window.reference = SwaggerUIBundle({
    spec,
    dom_id: "#reference",
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    docExpansion: "none",
    filter: true,
    persistAuthorization: false,
    syntaxHighlight: { activated: false },
    validatorUrl: null,
  });
}

draw().catch((error) => {
  const place = document.getElementById("reference");
  place.className = "unreadable";
  place.textContent = `Sorry: ${error.message}.`;
});
