"""Stored values that pages say as words: marked here, for catalogues know only what stands in code.

Templates say them by ``{% translate variable %}``.
"""

from django.utils.translation import gettext_noop as _

JOB_STATES = (_("queued"), _("running"), _("finished"), _("failed"), _("cancelled"))
JOB_KINDS = (_("analyse"), _("train"), _("evaluate"), _("score"), _("embed"), _("flag"))
STAGE_HEALTH = (_("done"), _("ongoing"), _("empty"), _("trouble"))
REACHED_BY = (_("none"), _("agreement"), _("expert"), _("posterior"), _("adjudication"))
ORIGINS = (_("keyword"), _("model"), _("person"), _("import"))
PARTS = (_("train"), _("val"), _("eval"))
ROLES = (_("annotator"), _("expert"), _("curator"), _("administrator"))
ROLE_LABELS = (_("Annotator"), _("Expert"), _("Curator"), _("Administrator"))
REPORT_REASONS = (
    _("Not Playable"),
    _("Not This Kind"),
    _("Personal Data"),
    _("Offensive"),
    _("Wrong Licence"),
    _("Other"),
)
PROGRESS_UNITS = (
    _("clips"),
    _("classes"),
    _("lists"),
    _("releases"),
    _("reports"),
    _("patches"),
    _("steps"),
)
