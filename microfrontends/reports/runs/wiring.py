"""What an app needs for runs in the background: the bell that wakes the workers, and a note where there is none."""

from flask import Flask

from bff.database import engine_for
from bff.errors import Note
from microfrontends.reports import jobs
from microfrontends.reports.runs.asking import NAME, Background
from microfrontends.reports.runs.store import Runs
from microfrontends.reports.runs.workers import Workers
from microfrontends.reports.settings import ReportsSettings


def install(app: Flask, settings: ReportsSettings) -> None:
    """Give the app its background."""
    runs = Runs(engine_for(settings.own_database))
    app.extensions[NAME] = Background(runs, jobs.bell_of(jobs.queue_of(settings)), settings.jobs_each)


def workers_note(settings: ReportsSettings) -> str:
    """What whoever watches the app should know of its workers: long reports wait where there is none."""
    alive = Workers(engine_for(settings.own_database)).alive()
    return "" if alive else Note("no worker has been seen for a while: start `bizops work reports`")
