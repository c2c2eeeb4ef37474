"""How a process of a worker begins."""

import gc

from celery.signals import worker_process_init

from config import celery


def test_the_garbage_collector_leaves_alone_what_a_process_has_loaded_when_it_begins():
    before = len(gc.get_objects())
    try:
        told = dict(worker_process_init.send(sender=None))
        kept, left = gc.get_freeze_count(), len(gc.get_objects())
    finally:
        gc.unfreeze()
    assert celery.keep_what_is_loaded in told
    assert kept > before / 2
    assert left < before / 10
