"""The caller's own password, at this door."""

from app.routers.admission import StaffRoute
from app.routers.own_password import routes

router = routes("staff", StaffRoute)
