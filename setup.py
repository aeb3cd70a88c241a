"""What pyproject.toml cannot say: a wheel has the workflow too, in a folder of the library that its scripts use."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CARRIED = (
    "Snakefile",
    "rules/*.smk",
    "workflow/scripts/*.py",
    "workflow/schemas/*",
    "workflow/report/*",
    "workflow/resources/*",
    "envs/*",
    "profiles/*/config.yaml",
)
BESIDE_SCRIPTS = ("tools/enclosing_library.py", "workflow/scripts/linexp.py")
"""In place of the library, which lies beside the scripts in a clone."""


class BuildWithWorkflow(build_py):
    """The library, and below it the files that lie around it in a clone; an editable one is used where it lies."""

    def run(self):
        super().run()
        for source, target in [] if self.editable_mode else self._carried():
            self.mkpath(str(target.parent))
            self.copy_file(source, str(target))

    def get_outputs(self, include_bytecode=True):
        carried = [] if self.editable_mode else [str(target) for _, target in self._carried()]
        return [*super().get_outputs(include_bytecode), *carried]

    def get_source_files(self):
        return [*super().get_source_files(), *(source for source, _ in self._carried())]

    def _carried(self):
        files = [path.as_posix() for pattern in CARRIED for path in sorted(Path().glob(pattern)) if path.is_file()]
        pairs = [*zip(files, files, strict=True), BESIDE_SCRIPTS]
        return [(source, Path(self.build_lib, "linexp/_workflow", target)) for source, target in pairs]


setup(cmdclass={"build_py": BuildWithWorkflow})
