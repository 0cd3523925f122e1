import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets_app", "0011_webhooks")]
    operations = [
        migrations.CreateModel(
            name='Challenge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('title', models.CharField(max_length=100)),
                ('task', models.TextField(blank=True, max_length=5000)),
                ('metric', models.CharField(choices=[('lwlrap', 'lωlrap'), ('map_macro', 'mAP, mean of the classes'), ('map_micro', 'mAP, all classes pooled'), ('map_at_3', 'MAP@3')], max_length=16)),
                ('classes', models.JSONField()),
                ('seed', models.BigIntegerField()),
                ('public_share', models.FloatField()),
                ('daily_limit', models.PositiveSmallIntegerField()),
                ('opened_at', models.DateTimeField()),
                ('closes_at', models.DateTimeField()),
                ('ended_early_at', models.DateTimeField(blank=True, null=True)),
                ('package_sha256', models.CharField(blank=True, default='', max_length=64)),
                ('package_bytes', models.BigIntegerField(default=0)),
                ('opened_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='challenges', to='datasets_app.release')),
            ],
        ),
        migrations.CreateModel(
            name='ChallengeClip',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=16)),
                ('fname', models.CharField(max_length=128)),
                ('is_public', models.BooleanField()),
                ('positive', models.JSONField(default=list)),
                ('undecided', models.JSONField(default=list)),
                ('challenge', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='clips', to='datasets_app.challenge')),
            ],
        ),
        migrations.CreateModel(
            name='Participation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('team', models.CharField(max_length=60)),
                ('team_key', models.CharField(max_length=180)),
                ('joined_at', models.DateTimeField(auto_now_add=True)),
                ('disqualified_at', models.DateTimeField(blank=True, null=True)),
                ('disqualified_for', models.CharField(blank=True, max_length=500)),
                ('challenge', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='participations', to='datasets_app.challenge')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveIntegerField()),
                ('submitted_at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('n_bytes', models.PositiveBigIntegerField()),
                ('public_score', models.FloatField()),
                ('public_low', models.FloatField()),
                ('public_high', models.FloatField()),
                ('private_score', models.FloatField()),
                ('private_low', models.FloatField()),
                ('private_high', models.FloatField()),
                ('public', models.JSONField()),
                ('private', models.JSONField()),
                ('is_chosen', models.BooleanField(default=False)),
                ('counts', models.BooleanField(default=False)),
                ('participation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='submissions', to='datasets_app.participation')),
            ],
        ),
        migrations.AddField(
            model_name='participation',
            name='best',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='datasets_app.submission'),
        ),
        migrations.AddField(
            model_name='participation',
            name='final',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='datasets_app.submission'),
        ),
        migrations.AddConstraint(
            model_name='challenge',
            constraint=models.UniqueConstraint(fields=('release', 'title'), name='challenge_title_once'),
        ),
        migrations.AddConstraint(
            model_name='challenge',
            constraint=models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('opened_at'))), name='challenge_closes_after'),
        ),
        migrations.AddConstraint(
            model_name='challengeclip',
            constraint=models.UniqueConstraint(fields=('challenge', 'position'), name='challenge_place_once'),
        ),
        migrations.AddConstraint(
            model_name='challengeclip',
            constraint=models.UniqueConstraint(fields=('challenge', 'fname'), name='challenge_clip_once'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['participation', 'submitted_at'], name='submission_by_day'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(fields=('participation', 'number'), name='submission_number_once'),
        ),
        migrations.AddConstraint(
            model_name='participation',
            constraint=models.UniqueConstraint(fields=('challenge', 'user'), name='participates_once'),
        ),
        migrations.AddConstraint(
            model_name='participation',
            constraint=models.UniqueConstraint(fields=('challenge', 'team_key'), name='team_name_once'),
        ),
    ]
