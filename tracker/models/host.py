"""The servers that are fetched from: whose turn it is, and what their robots.txt asks for."""

from django.db import models
from django.db.models import Q


class Host(models.Model):
    """One server (``host:port``). Its row's lock decides among all workers who may ask it next."""

    name = models.CharField(max_length=300, unique=True)
    next_at = models.DateTimeField(null=True, blank=True, help_text="Nobody asks it before.")
    queue_until = models.DateTimeField(null=True, blank=True, help_text="Until then turns are spoken for.")
    robots = models.TextField(blank=True, help_text="Its robots.txt as last read.")
    robots_at = models.DateTimeField(null=True, blank=True, help_text="When that was.")
    robots_closed = models.TextField(blank=True, help_text="Why nothing may be fetched until it can be read.")
    delay = models.FloatField(default=0, help_text="Seconds between two requests that its robots.txt asks for.")

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(name="host_delay_not_negative", condition=Q(delay__gte=0))]

    def __str__(self) -> str:
        return self.name


class HostVisit(models.Model):
    """One request that is under way, or whose worker was killed: after ``until`` it counts no more."""

    host = models.ForeignKey(Host, models.CASCADE, related_name="visits")
    until = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.host} until {self.until}"
