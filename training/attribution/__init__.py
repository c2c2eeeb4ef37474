"""Training of the span finder's network; nothing here is needed at run time.

    python -m training.attribution.train DATA OUT        fit the network (hours on two cores)
    python -m training.attribution.export OUT MODEL      write the int8 graphs that the product runs
    python -m training.attribution.calibrate DATA MODEL  fit the confidence and choose the threshold

DATA holds `attribution.polnear.train.jsonl` and `attribution.polnear.dev.jsonl`: one document a line with `id`, `text`
and `attributions`, each of them with the spans of `source`, `cue` and `content`.
"""
