"""The pages that took back a text move to where snapshots are, and their hashes onto the ledger."""

from typing import Any

from django.db import migrations

COPIED = (
    "fetched_at", "fetched_from", "http_status", "headers", "warc_path", "warc_offset", "warc_length", "warc_sha256",
    "payload_sha256",
)  # fmt: skip


def move(apps: Any, _schema_editor: Any) -> None:
    """Each as a notice, with its event. What it said of the document's state was not noted with it."""
    notices, events = apps.get_model("claims", "Notice").objects, apps.get_model("claims", "Event").objects
    kept = apps.get_model("tracker", "NoticeFile").objects.select_related("snapshot__document")
    for file in kept.defer("snapshot__text", "snapshot__signature").order_by("pk").iterator(chunk_size=500):
        snapshot = file.snapshot
        notice = notices.create(snapshot=snapshot, **{name: getattr(file, name) for name in COPIED})
        events.create(
            actor_label="machine:migration/1",
            verb="archived",
            object_type="notice",
            object_uid=notice.uid,
            dossier_id=snapshot.document.dossier_id,
            state={
                "document": str(snapshot.document.uid),
                "snapshot": str(snapshot.uid),
                "state": "",
                "words": "",
                "fetched_at": file.fetched_at.isoformat(),
                "fetched_from": file.fetched_from,
                "payload_sha256": file.payload_sha256,
                "text_sha256": snapshot.text_sha256,
                "warc_sha256": file.warc_sha256,
            },
            reason="It was kept before its hashes were put on the ledger.",
        )


class Migration(migrations.Migration):
    dependencies = [("claims", "0023_notices"), ("tracker", "0007_pages_that_took_back")]

    operations = [
        migrations.RunPython(move, migrations.RunPython.noop, elidable=True),
        migrations.DeleteModel("NoticeFile"),
    ]
