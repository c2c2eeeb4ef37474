"""The index of claims by meaning, in which the claims of one dossier lie near each other.

It held the vectors alone: among a million claims, what a small dossier has was passed over on the way through all the
others. Sixteen numbers that stand for the dossier now follow each vector. They are drawn from the dossier's number by
the hash that PostgreSQL divides tables by, which does not change; each is an eighth, so that a dossier of one's own
weighs as much as a quarter of the likeness of two texts. Within a dossier they are the same, and so is the order.
"""

import django.db.models.functions.comparison
import pgvector.django.halfvec
import pgvector.django.indexes
from django.contrib.postgres.indexes import OpClass
from django.db import migrations, models

# Written out, and not strict, so that PostgreSQL puts it into a query instead of calling it.
NUMBERS = ", ".join(f"((hashint8extended(dossier, 0) >> {bit}) & 1)::real * 0.25::real - 0.125::real" for bit in range(16))
PLACED = f"""
    CREATE FUNCTION claims_placed(embedding vector, dossier bigint) RETURNS halfvec
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (embedding || ARRAY[{NUMBERS}]::vector)::halfvec
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0013_coverage")]

    operations = [
        migrations.RunSQL(PLACED, "DROP FUNCTION claims_placed(vector, bigint)"),
        migrations.RemoveIndex(model_name="claim", name="claim_embedding_half"),
        migrations.AddIndex(
            model_name="claim",
            index=pgvector.django.indexes.HnswIndex(
                OpClass(
                    django.db.models.functions.comparison.Cast(
                        models.Func(
                            models.F("embedding"),
                            models.F("dossier"),
                            function="claims_placed",
                            output_field=pgvector.django.halfvec.HalfVectorField(),
                        ),
                        pgvector.django.halfvec.HalfVectorField(dimensions=272),
                    ),
                    name="halfvec_cosine_ops",
                ),
                condition=models.Q(("merged_into__isnull", True)),
                name="claim_placed_embedding",
            ),
        ),
    ]
