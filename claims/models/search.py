"""The words that documents use, as they spell them: what a search for another spelling is compared with."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Word(models.Model):
    """One word as it was found in the rows that are searched, lower case and without accents. Derived, never edited."""

    word = models.CharField(max_length=40, primary_key=True)
    key = models.CharField(max_length=40, blank=True, help_text="Spellings of one name share it.")

    class Meta:
        ordering = ["word"]
        indexes = [
            # Other spellings of a name.
            models.Index(name="word_by_key", fields=["key"]),
            # Words that are misspelt.
            GinIndex(name="word_trigrams", fields=["word"], opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.word


class WordsRead(models.Model):
    """How far the words of one table have been read."""

    table = models.CharField(max_length=63, primary_key=True)
    last_id = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "words read"

    def __str__(self) -> str:
        return f"{self.table}: {self.last_id}"
