"""The vocabulary of what happens to people and things in a conflict, and of who is counted.

A *measure* is the participle that names it ("killed", "wounded", "detained"), one for all the words that say it.
"""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """Return the blank-separated words as a set."""
    return frozenset(words.split())


_FORMS = {
    "killed": """
        killed killing kill kills dead died dies die dying death deaths fatality fatalities slain slay slays martyred
        martyrs executed executing executes execution executions beheaded beheading beheads assassinated massacred
        massacring perished perish perishes bodies body corpses corpse drowned drown drowns murdered murdering murders
        murder lives slaughtered electrocuted lynched eliminated eliminating eliminates eliminate
        crucified crucifies shot""",
    "wounded": """
        wounded wounding wound wounds injured injuring injure injures injury injuries hurt hurting maimed maiming
        hospitalised hospitalized""",
    "casualties": "casualties casualty victims",
    "destroyed": """
        destroyed destroying destroy destroys demolished demolishing razed flattened levelled leveled burned burnt
        wrecked""",
    "damaged": "damaged damaging damage damages",
    "detained": "detained detaining detain detains detainees jailed imprisoned prisoners held interned",
    "arrested": "arrested arresting arrest arrests",
    "abducted": """
        abducted abducting abduct abducts abductions kidnapped kidnapping kidnap kidnaps kidnappings hostages
        hostage""",
    "missing": "missing disappeared unaccounted vanished disappearances",
    "trapped": "trapped trapping stranded besieged stuck encircled",
    "displaced": "displaced displacing displaces fled flee flees fleeing homeless uprooted refugees",
    "evacuated": "evacuated evacuating evacuate evacuates evacuation evacuees",
    "captured": "captured capturing capture captures",
    "released": "released releasing release releases freed freeing frees",
    "rescued": "rescued rescuing rescue rescues",
    "surrendered": "surrendered surrendering surrender surrenders",
    "poisoned": "poisoned gassed suffocated",
}
_MEASURES = {form: measure for measure, forms in _FORMS.items() for form in forms.split()}

# Forms that follow their number without an auxiliary ("12 dead", "30 injuries").
POSTPOSED = word_set(
    """
    dead deaths death fatalities fatality casualties casualty wounded injured injuries injury killed missing
    hurt arrests executions abductions kidnappings detained arrested displaced homeless trapped stranded
    martyrs kidnapped abducted bodies corpses victims hostages destroyed damaged captured died evacuated
    executed beheaded massacred slain unaccounted detainees prisoners refugees lives evacuees drowned
    """
)
# Of these the counted is their own plural ("three hostages"), not "people".
NOUNS = word_set(
    """
    bodies corpses hostages detainees prisoners refugees victims martyrs evacuees casualties
    """
)
# The active forms: what follows them suffers it ("killed 12").
ACTIVE = frozenset(
    form
    for form in _MEASURES
    if form
    not in word_set(
        """
    dead died dies die dying death deaths fatality fatalities fled flee flees fleeing missing casualties
    casualty homeless refugees perished perish perishes bodies body corpses corpse injuries injury victims
    hostage hostages detainees prisoners disappeared vanished lives martyrs surrendered surrender surrenders
    surrendering executions abductions kidnappings arrests evacuees stuck drowned drown drowns
    """
    )
)

PEOPLE = word_set(
    """
    people person persons civilian civilians man men woman women child children boy boys girl girls fighter
    fighters soldier soldiers rebel rebels militant militants troops policeman policemen police officer
    officers insurgent insurgents terrorist terrorists protester protesters protesters demonstrator
    demonstrators resident residents villager villagers worker workers journalist journalists student students
    refugee refugees combatant combatants noncombatant noncombatants jihadist jihadists member members
    militiaman militiamen gunman gunmen passenger passengers pilgrim pilgrims worshipper worshippers victim
    victims other others dead wounded bodies martyrs minor minors teenager teenagers infant infants baby
    babies families family national nationals guard guards personnel medic medics doctor doctors nurse nurses
    patient patients hostage hostages prisoner prisoners detainee detainees inhabitants casualties shoppers
    bystanders mourners relatives brothers sisters teachers pupils farmers drivers commanders commander
    migrants militias loyalists extremists humans souls lives recruits conscripts paramilitaries serviceman
    servicemen sailors marines pilots
    """
)
# What a total is counted in, rather than one part of it.
EVERYBODY = word_set(
    """
    people persons person others other lives dead bodies deaths fatalities casualties victims souls
    """
)


# What is counted in the same clauses as people, and is none.
_NO_PEOPLE = word_set(
    """
    family families village villages house houses home homes vehicle vehicles tank tanks car cars building buildings
    day days week weeks month months year years hour hours attack attacks raid raids strike strikes airstrike airstrikes
    bomb bombs town towns city cities area areas district districts time times position positions sheep camels cattle
    animals dogs hospital hospitals school schools mosque mosques percent shells rockets missiles cases incidents times
    """
)


def may_be_people(noun: str) -> bool:
    """Whether the noun phrase may name people: group names ("Alawites", "forces") do, houses and days do not."""
    words = noun.lower().split()
    return not words or words[-1] not in _NO_PEOPLE


def measure_of(word: str) -> str | None:
    """Return what the word says happened ("killing" -> "killed"), or ``None``."""
    return _MEASURES.get(word.lower())


def is_people(noun: str) -> bool:
    """Whether the (last word of the) noun phrase names people."""
    words = noun.lower().split()
    return bool(words) and words[-1] in PEOPLE
