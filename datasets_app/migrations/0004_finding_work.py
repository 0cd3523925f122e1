import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('datasets_app', '0003_refinement'),
    ]

    operations = [
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('is_for_everyone', models.BooleanField(default=True)),
                ('is_exclusive', models.BooleanField(default=False)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('goal', models.PositiveIntegerField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='ClassExample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('example', 'Example'), ('counter', 'Counter Example')], max_length=8)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('added_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='ClassGoal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('n_clips', models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='ExampleListening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('heard_fraction', models.FloatField()),
                ('heard_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Introduction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('introduced_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='collection',
            name='class_goal',
            field=models.PositiveIntegerField(default=100),
        ),
        migrations.AddField(
            model_name='collection',
            name='introduction_days',
            field=models.PositiveSmallIntegerField(default=14),
        ),
        migrations.AddIndex(
            model_name='clip',
            index=models.Index(fields=['collection', 'id'], name='clip_in_order'),
        ),
        migrations.AddIndex(
            model_name='clip',
            index=models.Index(condition=models.Q(('freesound_id__isnull', False)), fields=['collection', 'freesound_id'], name='clip_of_freesound'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='classes',
            field=models.ManyToManyField(related_name='campaigns', to='datasets_app.soundclass'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='collection',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='campaigns', to='datasets_app.collection'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='people',
            field=models.ManyToManyField(blank=True, related_name='campaigns', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='classexample',
            name='clip',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='example_of', to='datasets_app.clip'),
        ),
        migrations.AddField(
            model_name='classexample',
            name='collection',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='class_examples', to='datasets_app.collection'),
        ),
        migrations.AddField(
            model_name='classexample',
            name='sound_class',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='examples', to='datasets_app.soundclass'),
        ),
        migrations.AddField(
            model_name='classgoal',
            name='collection',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='goals', to='datasets_app.collection'),
        ),
        migrations.AddField(
            model_name='classgoal',
            name='sound_class',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.soundclass'),
        ),
        migrations.AddField(
            model_name='examplelistening',
            name='annotator',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='example_listenings', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='examplelistening',
            name='clip',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.clip'),
        ),
        migrations.AddField(
            model_name='examplelistening',
            name='collection',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.collection'),
        ),
        migrations.AddField(
            model_name='examplelistening',
            name='sound_class',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.soundclass'),
        ),
        migrations.AddField(
            model_name='introduction',
            name='annotator',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='introductions', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='introduction',
            name='collection',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.collection'),
        ),
        migrations.AddField(
            model_name='introduction',
            name='sound_class',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.soundclass'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.UniqueConstraint(fields=('collection', 'name'), name='campaign_once'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='campaign_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('goal__gte', 1)), name='campaign_goal_is_reachable'),
        ),
        migrations.AddConstraint(
            model_name='classexample',
            constraint=models.UniqueConstraint(fields=('collection', 'sound_class', 'clip'), name='class_example_once'),
        ),
        migrations.AddConstraint(
            model_name='classgoal',
            constraint=models.UniqueConstraint(fields=('collection', 'sound_class'), name='goal_once'),
        ),
        migrations.AddConstraint(
            model_name='classgoal',
            constraint=models.CheckConstraint(condition=models.Q(('n_clips__gte', 1)), name='goal_is_reachable'),
        ),
        migrations.AddConstraint(
            model_name='examplelistening',
            constraint=models.UniqueConstraint(fields=('annotator', 'collection', 'sound_class', 'clip'), name='example_listening_once'),
        ),
        migrations.AddConstraint(
            model_name='introduction',
            constraint=models.UniqueConstraint(fields=('annotator', 'collection', 'sound_class'), name='introduction_once'),
        ),
    ]
