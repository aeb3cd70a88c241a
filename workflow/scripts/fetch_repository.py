"""Fetch a repository of torch hub. Output: the zip archive that GitHub makes of it."""

import sys

from linexp.artifacts import store
from linexp.jobs import runtime
from linexp.networks import repositories

runtime.start(snakemake)
provenance = store.provenance_of(snakemake, "")
with store.create_file(snakemake.output[0], provenance) as temporary:
    said = repositories.fetch(snakemake.params.repository, temporary)
print(said, file=sys.stderr)
