"""Everything ``manage.py doctor`` looks at, in the order in which one mends."""

from collections.abc import Callable, Iterator, Mapping

from django.db import DatabaseError

from datasets_app.operations.doctor import files, records, services, site
from datasets_app.operations.doctor.findings import Finding, Status, failure

Look = Callable[[str], Iterator[Finding]]

LOOKS: Mapping[str, Look] = {
    "database": services.database,
    "broker": services.broker,
    "workers": services.workers,
    "clock": services.clock,
    "storage": services.storage,
    "var folder": files.var_folder,
    "recordings": files.recordings,
    "static files": files.static_files,
    "backups": files.backups,
    "secret": site.secret,
    "names": site.names,
    "tls": site.tls,
    "checks": site.checks,
    "class counts": records.class_work,
    "jobs": records.jobs,
    "leases": records.leases,
}


def examine(looks: Mapping[str, Look] = LOOKS) -> Iterator[Finding]:
    """Yield every finding; what the database keeps from being looked at says so."""
    for about, look in looks.items():
        try:
            yield from look(about)
        except DatabaseError as error:
            says = f"This cannot be looked at: the database refuses ({type(error).__name__})."
            yield failure(about, says, "Mend the database first; see its finding.")


def is_sound(findings: list[Finding]) -> bool:
    """Say whether nothing failed; warnings do not count."""
    return all(finding.status is not Status.FAIL for finding in findings)
