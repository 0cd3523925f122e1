import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def name_splits(apps, schema_editor):
    """Give the splits there are a name of their own; there are few."""
    splits = apps.get_model("datasets_app", "Split")
    for split in splits.objects.filter(uuid=None).only("pk").iterator():
        splits.objects.filter(pk=split.pk).update(uuid=uuid.uuid4())


class Migration(migrations.Migration):
    dependencies = [("datasets_app", "0009_published_releases")]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=100)),
                ("hint", models.CharField(max_length=16)),
                ("token_sha256", models.CharField(max_length=64, unique=True)),
                ("scopes", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="api_tokens", to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="KeptReply",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key_sha256", models.CharField(max_length=64)),
                ("request_sha256", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("content_type", models.CharField(max_length=100)),
                ("headers", models.JSONField(default=dict)),
                ("body", models.TextField(blank=True)),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("user", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "verbose_name_plural": "kept replies",
                "constraints": [models.UniqueConstraint(fields=("user", "key_sha256"), name="reply_once_per_key")],
            },
        ),
        migrations.RemoveIndex(model_name="nomination", name="nomination_of_collection"),
        migrations.AddIndex(
            model_name="nomination",
            index=models.Index(fields=["collection", "sound_class", "id"], name="nomination_in_order"),
        ),
        migrations.AddIndex(
            model_name="verificationanswer",
            index=models.Index(fields=["annotator", "-cast_at"], name="verification_of_annotator"),
        ),
        migrations.AddField(
            model_name="split",
            name="uuid",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.RunPython(name_splits, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="split",
            name="uuid",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
    ]
