"""Rules of jobs."""

from core.choices import Choice
from core.i18n import N_


class JobState(Choice):
    """Where a background job stands."""

    QUEUED = "QUEUED", N_("Waiting")
    RUNNING = "RUNNING", N_("Running")
    DONE = "DONE", N_("Done")
    FAILED = "FAILED", N_("Failed")
    CANCELLED = "CANCELLED", N_("Stopped")


OPEN = (JobState.QUEUED, JobState.RUNNING)
