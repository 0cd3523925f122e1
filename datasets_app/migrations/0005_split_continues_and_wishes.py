import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("datasets_app", "0004_truth_inference"),
    ]

    operations = [
        migrations.AddField(
            model_name="split",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="continuations",
                to="datasets_app.split",
            ),
        ),
        migrations.AddField(
            model_name="vocabulary",
            name="wish",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
