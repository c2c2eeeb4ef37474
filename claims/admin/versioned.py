"""Forms that overwrite nobody's change: they know the version that they were opened with, and refuse a later one.

What was typed stays. What the person has not touched takes the values that it has now; what he or she has typed
into is told apart in words. Saved again, it is written over what is known by then.
"""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _

from claims.models import Event
from claims.models.base import Recorded

TOLD = 5  # changes by name
LONGEST = 80  # characters shown of a value


class Unedited(forms.CharField):
    """What the form itself sends: nobody has typed it, so it never counts as a change."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        """No."""
        return False


class Versioned:
    """Mixed into the form of a recorded row. Its ``clean`` locks the row, and so belongs into the save's transaction.

    ``version_shown`` on the row it is opened with is the version that was current before the row was read.
    """

    instance: Recorded
    data: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        form: Any = self
        values = {name: value for name, value in form.initial.items() if name in form.fields}
        form.fields["seen"] = Unedited(required=False)
        form.fields["opened"] = Unedited(required=False)
        if not form.is_bound:
            form.initial["seen"] = getattr(self.instance, "version_shown", 0)
            form.initial["opened"] = json.dumps(values, cls=_Plain)

    def clean(self) -> Any:
        """Refuse what was opened before somebody else's change, and be ready for being sent again."""
        form: Any = self
        cleaned = super().clean()  # type: ignore[misc]
        seen = cleaned.get("seen", "") if cleaned is not None else form.cleaned_data.get("seen", "")
        if not (seen.isascii() and seen.isdigit() and len(seen) < 19):
            raise ValidationError(_("The form did not say which version it showed. Open it again."))
        model = type(self.instance)
        now = model._default_manager.select_for_update(of=("self",)).get(pk=self.instance.pk)
        later = list(Event.objects.filter(object_uid=now.uid, pk__gt=int(seen)).order_by("pk"))
        if not later:
            return cleaned
        before = Event.objects.filter(object_uid=now.uid, pk__lte=int(seen)).order_by("-pk").first()
        changed = _changed(before.state if before else {}, later[-1].state)
        # A machine that only counted anew has changed nothing that could be overwritten here.
        if all(event.actor_id is None for event in later) and not changed.keys() & form.fields.keys():
            return cleaned
        self._reopen(now, version=later[-1].pk)
        raise ValidationError(_told(later, changed))

    def _reopen(self, now: Recorded, *, version: int) -> None:
        """Let the form be shown as it would be opened now, with whatever the person has typed into it."""
        form: Any = self
        present = model_to_dict(now, fields=list(form.fields))
        opened = _read(form.data.get(form.add_prefix("opened"), ""))
        data = form.data.copy()
        for name, value in present.items():
            field = form.fields[name]
            key = form.add_prefix(name)
            typed = field.widget.value_from_datadict(form.data, form.files, key)
            if name in opened and not field.disabled and not field.has_changed(opened[name], typed):
                _put(data, key, field.prepare_value(value))
        data[form.add_prefix("seen")] = str(version)
        data[form.add_prefix("opened")] = json.dumps(present, cls=_Plain)
        form.data = data


class _Plain(DjangoJSONEncoder):
    """Rows as their keys."""

    def default(self, o: Any) -> Any:
        return o.pk if hasattr(o, "pk") else super().default(o)


def _put(data: Any, key: str, value: Any) -> None:
    if isinstance(value, list | tuple):
        data.setlist(key, [str(getattr(one, "pk", one)) for one in value])
    else:
        data[key] = "" if value is None else str(value)


def _read(text: str) -> dict[str, Any]:
    """What the form said it was opened with; it comes back from outside, so it may be anything."""
    try:
        opened = json.loads(text)
    except ValueError:
        return {}
    return opened if isinstance(opened, dict) else {}


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (before.get(name), value) for name, value in after.items() if before.get(name) != value}


def _told(later: list[Event], changed: dict[str, tuple[Any, Any]]) -> list[str]:
    """Who changed what since, in sentences."""
    who = [
        _("%(who)s: %(what)s") % {"who": event.actor_label.removeprefix("user:"), "what": event.verb}
        for event in later[-TOLD:]
    ]
    values = [
        _("“%(field)s” was %(before)s and is %(after)s.")
        % {"field": name.replace("_", " "), "before": _short(before), "after": _short(after)}
        for name, (before, after) in list(changed.items())[:TOLD]
    ]
    return [
        _("This changed since you opened it (%(told)s).") % {"told": "; ".join(who)},
        *values,
        _("What you typed is kept; the rest of the form now shows what is so. Save again if yours is to stand."),
    ]


def _short(value: Any) -> str:
    if value in (None, "", []):
        return _("empty")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"“{text[:LONGEST]}…”" if len(text) > LONGEST else f"“{text}”"
