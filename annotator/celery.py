"""The site's end of the broker: it sends jobs and never runs one."""

from celery import Celery
from django.conf import settings

app = Celery("harken")
app.conf.update(settings.CELERY, task_ignore_result=True)
app.set_default()
