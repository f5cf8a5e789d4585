"""The matrix as its readers want it: one's own view for a client, the whole for the operator."""

from typing import Any

from app.access.actors import Actor
from app.access.matrix import Use
from app.access.purposes import PURPOSES
from app.access.scopes import row_scope
from app.access.viewers import Viewer
from app.access.visibility import RESOURCES, matrix_hash
from app.projection.guard import parameters
from app.projection.plans import Plan
from app.services.authorization import require, require_purpose
from app.services.platform import Platform

ACTION = "staff:visibility:read"


def own(platform: Platform, actor: Actor) -> dict[str, Any]:
    """What the caller sees of each resource: enough to draw forms by, and nothing hidden."""
    require(actor, ACTION)
    require_purpose(actor, ACTION)
    plans = [platform.projection.plan(actor, name) for name in RESOURCES]
    return {
        "viewer": actor.viewer,
        "purposes": PURPOSES[actor.viewer],
        "policy_hash": platform.projection.hash,
        "resources": {
            plan.resource: {
                "rows": plan.scope,
                "fields": [_field(plan, field) for field in plan.visible],
                "parameters": parameters(plan),
            }
            for plan in plans
            if plan.visible
        },
    }


def whole() -> dict[str, Any]:
    """The whole matrix with its hash, for the golden copy and the operator."""
    return {
        "hash": matrix_hash(),
        "viewers": list(Viewer),
        "resources": {
            name: {
                "rows": {viewer: row_scope(name, viewer) for viewer in Viewer},
                "fields": {
                    row.field: {
                        "cells": {viewer: str(row.cell(viewer)) for viewer in Viewer},
                        "uses": [use for use in Use if use in row.uses],
                    }
                    for row in resource.rows
                },
            }
            for name, resource in sorted(RESOURCES.items())
        },
    }


def _field(plan: Plan, field: str) -> dict[str, Any]:
    return {
        "name": field,
        "sight": "masked" if field in plan.masked else "clear",
        "writable": field in plan.writable,
        "filterable": field in plan.filterable.values(),
        "sortable": field in plan.sortable.values(),
        "searchable": field in plan.searchable,
    }
