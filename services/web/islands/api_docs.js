// The page of the HTTP API: Swagger UI over our own OpenAPI document, with nothing loaded from elsewhere.

import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";

const host = document.getElementById("api-docs");
SwaggerUI({ domNode: host, url: host.dataset.openapi, validatorUrl: null, deepLinking: true, tryItOutEnabled: false });
