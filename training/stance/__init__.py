"""Training of the model of stance for headlines and short lines; nothing here is needed at run time.

    python -m training.stance.fit GOLD OUT      fit, cross-validate and write the model that the product reads

GOLD is JSON Lines with `premise`, `hypothesis` and `stance`. Needs requirements/train.in.
"""
