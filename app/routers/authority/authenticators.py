"""The caller's own second factors, at this door."""

from app.routers.admission import AuthorityRoute
from app.routers.own_authenticators import routes

router = routes("authority", AuthorityRoute)
