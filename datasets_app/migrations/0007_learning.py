import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets_app", "0006_steering")]
    operations = [
        migrations.AlterField(
            model_name='job',
            name='kind',
            field=models.CharField(choices=[('analyse', 'analyse'), ('train', 'train'), ('evaluate', 'evaluate'), ('score', 'score'), ('embed', 'embed'), ('flag', 'flag')], max_length=16),
        ),
        migrations.AddField(
            model_name='collection',
            name='queue_order',
            field=models.CharField(choices=[('standard', 'the clips that are quickest to decide'), ('uncertain', 'where the model is least sure'), ('thin_classes', 'what most likely helps classes far from their goal'), ('diverse', 'sounds unlike those already heard')], default='standard', max_length=16),
        ),
        migrations.AddField(
            model_name='job',
            name='asked',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='job',
            name='source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='datasets_app.job'),
        ),
        migrations.AddField(
            model_name='job',
            name='started_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='job',
            name='state',
            field=models.CharField(choices=[('queued', 'queued'), ('running', 'running'), ('finished', 'finished'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='queued', max_length=16),
        ),
    ]
