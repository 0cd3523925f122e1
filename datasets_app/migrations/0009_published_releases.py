from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets_app", "0008_private_collections")]

    operations = [
        migrations.AddField(
            model_name="release",
            name="is_public",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="release",
            name="stored_under",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
    ]
