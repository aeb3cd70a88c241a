"""What runs in a folder, and what it made."""

import os


def processes_of(script: str, folder) -> list[int]:
    """The processes that run a copy of one of the workflow's scripts in a folder."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    arguments = file.read().decode(errors="replace").split("\0")
                where = os.readlink(f"/proc/{entry}/cwd")
            except OSError:
                continue
            is_python = "python" in os.path.basename(arguments[0])
            if is_python and where == str(folder) and any(argument.endswith(script) for argument in arguments[1:]):
                found.append(int(entry))
    return found


def differing(made: dict[str, bytes], expected: dict[str, bytes]) -> list[str]:
    """The names of the artifacts that are not in both, or not the same."""
    return sorted(name for name in made.keys() | expected.keys() if made.get(name) != expected.get(name))
