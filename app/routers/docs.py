"""``/openapi.json``, and ``/docs``: Swagger UI from our own files.

Make the app with ``FastAPI(openapi_url=None, docs_url=None, redoc_url=None)``: FastAPI's own pages
load their scripts from elsewhere.

The page asks no other host for anything, and its content security policy says so: no script but
ours, and none inline.
"""

import html
from importlib.resources import files
from pathlib import Path
from typing import Final

import orjson
from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response

from app.routers.strict_route import StrictRoute

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_FOLDER: Final = Path(str(files("fastapi_offline") / "static"))
_MEDIA_TYPES: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}
_A_DAY: Final = {"Cache-Control": "public, max-age=86400"}

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{root}/docs/assets/favicon.png">
<link rel="stylesheet" href="{root}/docs/assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{root}/docs/assets/swagger-ui-bundle.js"></script>
<script src="{root}/docs/start.js"></script>
</body>
</html>
"""

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


@router.get("/openapi.json")
async def document(request: Request) -> Response:
    """The API's description (OpenAPI 3.1)."""
    return Response(orjson.dumps(request.app.openapi()), media_type="application/json")


@router.get("/docs")
async def page(request: Request) -> Response:
    """The page itself."""
    root = html.escape(request.scope.get("root_path", ""))
    text = _PAGE.format(title=html.escape(request.app.title), root=root)
    return HTMLResponse(text, headers={"Content-Security-Policy": POLICY})


@router.get("/docs/start.js")
async def start(request: Request) -> Response:
    """Starts Swagger UI on our document; a file of its own because inline scripts are barred."""
    settings = {
        "url": request.scope.get("root_path", "") + "/openapi.json",
        "dom_id": "#swagger-ui",
        "deepLinking": True,
        "displayOperationId": True,
        "persistAuthorization": False,
        "validatorUrl": None,  # its default would send our address to another host
    }
    return Response(
        b"window.ui = SwaggerUIBundle(" + orjson.dumps(settings) + b");\n",
        media_type="text/javascript",
    )


@router.get("/docs/assets/{name}")
async def asset(name: str) -> Response:
    """One of Swagger UI's files; 404 for any other name."""
    if name not in _MEDIA_TYPES:
        raise HTTPException(404)
    return FileResponse(_FOLDER / name, media_type=_MEDIA_TYPES[name], headers=_A_DAY)


@router.get("/favicon.ico")
async def favicon() -> Response:
    """Browsers ask for it here too."""
    return await asset("favicon.png")
