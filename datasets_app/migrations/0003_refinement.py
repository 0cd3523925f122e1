import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets_app", "0002_queue_and_trust")]
    operations = [
        migrations.CreateModel(
            name='Adjudication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('answer', models.CharField(choices=[('PP', 'PP'), ('PNP', 'PNP'), ('NP', 'NP'), ('U', 'U')], max_length=3)),
                ('reason', models.CharField(max_length=500)),
                ('idempotency_key', models.UUIDField(unique=True)),
                ('decided_at', models.DateTimeField(auto_now_add=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='AdjudicationLease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Completeness',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('certified_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'completeness',
            },
        ),
        migrations.CreateModel(
            name='PriorLabel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(blank=True, choices=[('incomplete', 'incomplete'), ('conflicted', 'conflicted'), ('decided', 'decided')], max_length=16)),
                ('value', models.CharField(blank=True, choices=[('PP', 'PP'), ('PNP', 'PNP'), ('PRESENT', 'PRESENT'), ('NP', 'NP'), ('U', 'U')], max_length=8)),
                ('taken_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='RefinedLabel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answer', models.CharField(blank=True, choices=[('PP', 'PP'), ('PNP', 'PNP'), ('NP', 'NP')], max_length=3)),
                ('is_suggested', models.BooleanField(default=False)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='RefinementChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('idempotency_key', models.UUIDField(unique=True)),
                ('verb', models.CharField(choices=[('label', 'Label'), ('mark', 'Mark'), ('unmark', 'Unmark'), ('finish', 'Finish'), ('leave', 'Leave')], max_length=8)),
                ('before', models.JSONField(blank=True, default=dict)),
                ('after', models.JSONField(blank=True, default=dict)),
                ('is_second_look', models.BooleanField(default=False)),
                ('at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='RefinementDifference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('found_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='RefinementPass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('lease_until', models.DateTimeField()),
                ('left_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('second_look_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'refinement passes',
            },
        ),
        migrations.CreateModel(
            name='RefinementSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('side', models.CharField(choices=[('eval', 'eval'), ('dev', 'dev'), ('all', 'all')], default='eval', max_length=8)),
                ('n_people', models.PositiveSmallIntegerField(default=2)),
            ],
            options={
                'verbose_name_plural': 'refinement settings',
            },
        ),
        migrations.CreateModel(
            name='SoundEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(editable=False, unique=True)),
                ('onset_s', models.FloatField()),
                ('offset_s', models.FloatField()),
            ],
        ),
        migrations.AlterField(
            model_name='label',
            name='reached_by',
            field=models.CharField(choices=[('none', 'none'), ('agreement', 'agreement'), ('expert', 'expert'), ('posterior', 'posterior'), ('adjudication', 'adjudication')], max_length=16),
        ),
        migrations.AlterField(
            model_name='vote',
            name='task',
            field=models.CharField(choices=[('validation', 'Validation'), ('refinement', 'Refinement'), ('import', 'Import'), ('simulation', 'Simulation')], max_length=16),
        ),
        migrations.AddIndex(
            model_name='label',
            index=models.Index(condition=models.Q(('state', 'conflicted')), fields=['nomination'], name='label_in_conflict'),
        ),
        migrations.AddField(
            model_name='adjudication',
            name='annotator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjudications', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='adjudication',
            name='nomination',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='adjudications', to='datasets_app.nomination'),
        ),
        migrations.AddField(
            model_name='adjudicationlease',
            name='annotator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='adjudicationlease',
            name='nomination',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.nomination'),
        ),
        migrations.AddField(
            model_name='completeness',
            name='annotator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='completeness',
            name='clip',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='completeness', to='datasets_app.clip'),
        ),
        migrations.AddField(
            model_name='priorlabel',
            name='nomination',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='prior', to='datasets_app.nomination'),
        ),
        migrations.AddField(
            model_name='refinedlabel',
            name='sound_class',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='datasets_app.soundclass'),
        ),
        migrations.AddField(
            model_name='refinementchange',
            name='sound_class',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='datasets_app.soundclass'),
        ),
        migrations.AddField(
            model_name='refinementdifference',
            name='nomination',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='refinement_difference', to='datasets_app.nomination'),
        ),
        migrations.AddField(
            model_name='refinementpass',
            name='annotator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refinements', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='refinementpass',
            name='clip',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='refinements', to='datasets_app.clip'),
        ),
        migrations.AddField(
            model_name='refinementchange',
            name='refinement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='datasets_app.refinementpass'),
        ),
        migrations.AddField(
            model_name='refinedlabel',
            name='refinement',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='labels', to='datasets_app.refinementpass'),
        ),
        migrations.AddField(
            model_name='refinementsettings',
            name='collection',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='refinement_settings', to='datasets_app.collection'),
        ),
        migrations.AddField(
            model_name='soundevent',
            name='label',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='datasets_app.refinedlabel'),
        ),
        migrations.AddConstraint(
            model_name='adjudication',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='adjudication_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='completeness',
            constraint=models.UniqueConstraint(fields=('clip', 'annotator'), name='certified_once_each'),
        ),
        migrations.AddConstraint(
            model_name='refinementpass',
            constraint=models.UniqueConstraint(fields=('clip', 'annotator'), name='refined_once_each'),
        ),
        migrations.AddConstraint(
            model_name='refinedlabel',
            constraint=models.UniqueConstraint(fields=('refinement', 'sound_class'), name='refined_label_once'),
        ),
        migrations.AddConstraint(
            model_name='refinementsettings',
            constraint=models.CheckConstraint(condition=models.Q(('n_people__gte', 1)), name='refined_by_someone'),
        ),
        migrations.AddConstraint(
            model_name='soundevent',
            constraint=models.CheckConstraint(condition=models.Q(('onset_s__gte', 0), ('offset_s__gt', models.F('onset_s'))), name='event_has_a_length'),
        ),
    ]
