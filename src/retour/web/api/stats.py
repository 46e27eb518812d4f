"""``/api/v1/stats``: numbers over the trail."""

from fastapi import APIRouter

from retour.web.api.contract import PREFIX

router = APIRouter(prefix=PREFIX, tags=["stats"])
