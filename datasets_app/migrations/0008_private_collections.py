from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("datasets_app", "0007_learning")]

    operations = []
