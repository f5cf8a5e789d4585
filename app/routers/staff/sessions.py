"""The caller's own sessions, at this door."""

from app.routers.admission import StaffRoute
from app.routers.own_sessions import routes

router = routes("staff", StaffRoute)
