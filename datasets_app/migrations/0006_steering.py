import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets_app", "0005_people")]
    operations = [
        migrations.CreateModel(
            name='AnswerTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('last_vote', models.BigIntegerField(default=0)),
                ('next_vote', models.BigIntegerField(default=0)),
                ('import_event', models.BigIntegerField(default=0)),
                ('looked_at', models.DateTimeField(null=True)),
                ('collection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='answer_tally', to='datasets_app.collection')),
            ],
        ),
        migrations.CreateModel(
            name='SteeringReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('data', models.JSONField(default=dict)),
                ('last_vote', models.BigIntegerField(default=0)),
                ('n_votes', models.BigIntegerField(default=0)),
                ('seconds', models.FloatField(default=0.0)),
                ('started_at', models.DateTimeField(null=True)),
                ('computed_at', models.DateTimeField(null=True)),
                ('collection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='steering_report', to='datasets_app.collection')),
            ],
        ),
        migrations.CreateModel(
            name='AnswerDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('n_answers', models.PositiveIntegerField(default=0)),
                ('active_s', models.FloatField(default=0.0)),
                ('last_at', models.DateTimeField()),
                ('annotator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answer_days', to='datasets_app.annotator')),
                ('collection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='answer_days', to='datasets_app.collection')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('collection', 'day', 'annotator'), name='answer_day_once')],
            },
        ),
        migrations.CreateModel(
            name='MappingRating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rating', models.CharField(choices=[('present', 'present'), ('absent', 'absent'), ('unsure', 'unsure')], max_length=8)),
                ('rule', models.JSONField(default=list)),
                ('rated_at', models.DateTimeField(auto_now=True)),
                ('clip', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mapping_ratings', to='datasets_app.clip')),
                ('rated_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sound_class', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='mapping_ratings', to='datasets_app.soundclass')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('sound_class', 'clip'), name='mapping_rated_once')],
            },
        ),
        migrations.CreateModel(
            name='RuleRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('keywords', models.JSONField(default=list)),
                ('omit_keywords', models.JSONField(default=list)),
                ('former_keywords', models.JSONField(default=list)),
                ('former_omit_keywords', models.JSONField(default=list)),
                ('precision', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('next_clip', models.BigIntegerField(default=0)),
                ('n_clips', models.PositiveIntegerField(default=0)),
                ('n_done', models.PositiveIntegerField(default=0)),
                ('n_added', models.PositiveIntegerField(default=0)),
                ('n_withdrawn', models.PositiveIntegerField(default=0)),
                ('n_reworded', models.PositiveIntegerField(default=0)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('collection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.collection')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sound_class', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rule_revisions', to='datasets_app.soundclass')),
                ('undoes', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='undone_by', to='datasets_app.rulerevision')),
            ],
            options={
                'indexes': [models.Index(fields=['sound_class', '-id'], name='rule_revisions_of_class')],
            },
        ),
    ]
