"""The caller's own sessions, at this door."""

from app.routers.admission import CustomerRoute
from app.routers.own_sessions import routes

router = routes("customer", CustomerRoute)
