"""Compiles the core to machine code where ``RETOUR_COMPILE=1`` asks for it.

See docs/decisions/compiled-core.md. Without it the wheel is pure Python, and so is an editable one.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_WIRE = "address charset date fields header mark mime received reply source words"
MODULES = (
    "analyse.py",
    "diagnose/*.py",
    "knowledge/classifier.py",
    "knowledge/marks.py",
    "read/*.py",
    *(f"wire/{name}.py" for name in _WIRE.split()),
)
"""What every mail goes through; of ``wire`` without what reads captures."""


class CompileHook(BuildHookInterface[Any]):
    """Adds the compiled modules to a wheel; each stands beside its source, and goes before it."""

    def dependencies(self) -> list[str]:
        """Name what the build needs: mypyc reads the types of what the core imports, too."""
        if not self._is_wanted():
            return []
        return ["mypy[mypyc]>=1.11", "setuptools>=70", *self.metadata.core.dependencies]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say that the wheel is for this Python and this machine."""
        if version == "editable" or not self._is_wanted():
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        # Outside the source tree: what is left there would be imported in place of the source.
        self._folder = tempfile.TemporaryDirectory()
        build_data["force_include"].update(_compile(Path(self.root), Path(self._folder.name)))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take the compiled files away again; they are in the wheel."""
        del version, build_data, artifact_path
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    def _is_wanted(self) -> bool:
        return os.environ.get("RETOUR_COMPILE") == "1"


def _compile(root: Path, folder: Path) -> dict[str, str]:
    """Compile the modules into a folder; return the files, with where they belong in the wheel."""
    # Needed, and installed, only where something is compiled.
    from mypyc.build import mypycify  # noqa: PLC0415
    from setuptools import Distribution  # noqa: PLC0415
    from setuptools.command.build_ext import build_ext  # noqa: PLC0415

    os.chdir(root)
    sources = [str(path) for name in MODULES for path in sorted(Path("src/retour").glob(name))]
    extensions = mypycify(
        ["--follow-imports=silent", *sources],
        opt_level="3",
        debug_level="0",
        target_dir=str(folder / "c"),
    )
    command = build_ext(Distribution({"name": "retour", "ext_modules": extensions}))
    command.build_lib, command.build_temp = str(folder / "lib"), str(folder / "objects")
    command.ensure_finalized()
    command.run()
    built = (folder / "lib").rglob("*.so")
    return {str(path): str(path.relative_to(folder / "lib")) for path in built}
