"""The API below ``/api/v1/``: one module a subject."""

from fastapi import APIRouter

API_ROUTERS: tuple[APIRouter, ...] = ()
