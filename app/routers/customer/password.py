"""The caller's own password, at this door."""

from app.routers.admission import CustomerRoute
from app.routers.own_password import routes

router = routes("customer", CustomerRoute)
