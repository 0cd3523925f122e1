from django.conf import settings
from django.db import migrations, models

from datasets_app.audit.guard import guard_audit_trail, unguard_audit_trail


def guard(_apps, schema_editor):
    guard_audit_trail(schema_editor.connection)


def unguard(_apps, schema_editor):
    unguard_audit_trail(schema_editor.connection)


class Migration(migrations.Migration):
    """Private collections, counted tries, and an audit trail that nobody can change."""

    dependencies = [("datasets_app", "0007_learning")]

    operations = [
        migrations.AddField(
            model_name="collection",
            name="is_private",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="collection",
            name="members",
            field=models.ManyToManyField(
                blank=True, related_name="collections", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.CreateModel(
            name="TryWindow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key_sha256", models.CharField(max_length=64, unique=True)),
                ("n", models.PositiveIntegerField()),
                ("ends_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.RunPython(guard, unguard),
    ]
