import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models
from django.db.models import Count, OuterRef, Q, Subquery


def fill_in(apps, schema_editor):
    """Copy to old nominations what their clips say, and to old revisions what their votes say."""
    Clip, Nomination, Vote, VoteRevision = (
        apps.get_model("datasets_app", name)
        for name in ("Clip", "Nomination", "Vote", "VoteRevision")
    )
    clips = Clip.objects.filter(pk=OuterRef("clip_id"))
    Nomination.objects.update(collection_id=Subquery(clips.values("collection_id")))
    Nomination.objects.filter(
        Q(clip__state="available"), clip__sha256__isnull=False
    ).update(is_askable=True)
    votes = Vote.objects.filter(pk=OuterRef("vote_id"))
    VoteRevision.objects.update(
        nomination_id=Subquery(votes.values("nomination_id")),
        annotator_id=Subquery(votes.values("annotator_id")),
    )
    if schema_editor.connection.vendor == "postgresql":  # a table with checks to come is not altered
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def count_work(apps, schema_editor):
    """Count what is there, as ``nominations.class_work.recount_class_work`` does."""
    Nomination, ClassWork = (
        apps.get_model("datasets_app", name) for name in ("Nomination", "ClassWork")
    )
    is_there = Q(clip__state="available")
    counts = {
        "n_all": Count("pk", filter=is_there),
        "n_open": Count("pk", filter=is_there & Q(is_open=True)),
        "n_decided": Count("pk", filter=is_there & Q(label__state="decided")),
        "n_conflicted": Count("pk", filter=is_there & Q(label__state="conflicted")),
    }
    rows = Nomination.objects.order_by().values("collection_id", "sound_class_id")
    ClassWork.objects.bulk_create(ClassWork(**row) for row in rows.annotate(**counts))
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):

    dependencies = [
        ('datasets_app', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClassWork',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('n_all', models.PositiveIntegerField(default=0)),
                ('n_open', models.PositiveIntegerField(default=0)),
                ('n_decided', models.PositiveIntegerField(default=0)),
                ('n_conflicted', models.PositiveIntegerField(default=0)),
                ('n_openings', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'class work',
            },
        ),
        migrations.CreateModel(
            name='ClipReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('not_playable', 'Not Playable'), ('not_this_kind', 'Not This Kind'), ('personal_data', 'Personal Data'), ('offensive', 'Offensive'), ('wrong_licence', 'Wrong Licence'), ('other', 'Other')], max_length=16)),
                ('comment', models.TextField(blank=True)),
                ('idempotency_key', models.UUIDField(unique=True)),
                ('reported_at', models.DateTimeField(auto_now_add=True)),
                ('outcome', models.CharField(choices=[('open', 'Open'), ('kept', 'Kept'), ('withdrawn', 'Withdrawn')], default='open', max_length=16)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='GoldAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answer', models.CharField(choices=[('PP', 'PP'), ('PNP', 'PNP'), ('NP', 'NP'), ('U', 'U')], max_length=3)),
                ('is_active', models.BooleanField(default=True)),
                ('added_at', models.DateTimeField()),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Lease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('is_answered', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Page',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('opened_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('is_trusted', models.BooleanField(default=True)),
                ('has_failed', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='QueuePlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('priority', models.FloatField(blank=True, null=True)),
                ('shuffle', models.FloatField(blank=True, null=True)),
                ('nomination_id_before', models.BigIntegerField(blank=True, null=True)),
                ('exhausted_at', models.PositiveBigIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Trust',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('n_right', models.PositiveIntegerField(default=0)),
                ('n_wrong', models.PositiveIntegerField(default=0)),
                ('n_pages_since', models.PositiveIntegerField(default=0)),
                ('is_verified', models.BooleanField(default=False)),
                ('is_trusted', models.BooleanField(default=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'trust',
            },
        ),
        migrations.CreateModel(
            name='VerificationAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('expected', models.CharField(choices=[('PP', 'PP'), ('PNP', 'PNP'), ('NP', 'NP'), ('U', 'U')], max_length=3)),
                ('answer', models.CharField(blank=True, choices=[('PP', 'PP'), ('PNP', 'PNP'), ('NP', 'NP'), ('U', 'U')], max_length=3)),
                ('comment', models.TextField(blank=True)),
                ('heard_fraction', models.FloatField(blank=True, null=True)),
                ('gain_db', models.FloatField(blank=True, null=True)),
                ('seconds_taken', models.FloatField(blank=True, null=True)),
                ('idempotency_key', models.UUIDField(blank=True, null=True, unique=True)),
                ('former', models.JSONField(blank=True, default=list)),
                ('met_at', models.DateTimeField()),
                ('cast_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.RemoveIndex(
            model_name='nomination',
            name='nomination_queue',
        ),
        migrations.AddField(
            model_name='collection',
            name='lease_s',
            field=models.PositiveIntegerField(default=1800),
        ),
        migrations.AddField(
            model_name='nomination',
            name='collection',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='nominations', to='datasets_app.collection'),
        ),
        migrations.AddField(
            model_name='nomination',
            name='is_askable',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='voterevision',
            name='annotator',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='voterevision',
            name='nomination',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='datasets_app.nomination'),
        ),
        migrations.RunPython(fill_in, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='nomination',
            name='collection',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='nominations', to='datasets_app.collection'),
        ),
        migrations.AlterField(
            model_name='voterevision',
            name='annotator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='datasets_app.annotator'),
        ),
        migrations.AlterField(
            model_name='voterevision',
            name='nomination',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='datasets_app.nomination'),
        ),
        migrations.AddField(
            model_name='nomination',
            name='is_open',
            field=models.GeneratedField(db_persist=True, expression=models.Q(('is_askable', True), ('n_wanted__gt', 0)), output_field=models.BooleanField()),
        ),
        migrations.AddField(
            model_name='vote',
            name='comment',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='voterevision',
            name='comment',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='voterevision',
            name='replaced_by_key',
            field=models.UUIDField(blank=True, db_index=True, null=True),
        ),
        migrations.AlterField(
            model_name='vote',
            name='annotator',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='datasets_app.annotator'),
        ),
        migrations.AlterField(
            model_name='voterevision',
            name='vote',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='revisions', to='datasets_app.vote'),
        ),
        migrations.AddIndex(
            model_name='nomination',
            index=models.Index(condition=models.Q(('is_open', True)), fields=['collection', 'sound_class', '-priority', 'shuffle', 'id'], name='nomination_queue'),
        ),
        migrations.AddIndex(
            model_name='nomination',
            index=models.Index(fields=['sound_class', 'collection'], name='nomination_of_class'),
        ),
        migrations.AddIndex(
            model_name='nomination',
            index=models.Index(fields=['collection', 'sound_class'], name='nomination_of_collection'),
        ),
        migrations.AddField(
            model_name='classwork',
            name='collection',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='class_work', to='datasets_app.collection'),
        ),
        migrations.AddField(
            model_name='classwork',
            name='sound_class',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='class_work', to='datasets_app.soundclass'),
        ),
        migrations.AddField(
            model_name='clipreport',
            name='annotator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='clipreport',
            name='clip',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='datasets_app.clip'),
        ),
        migrations.AddField(
            model_name='clipreport',
            name='nomination',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='datasets_app.nomination'),
        ),
        migrations.AddField(
            model_name='clipreport',
            name='resolved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='goldanswer',
            name='added_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='goldanswer',
            name='collection',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.collection'),
        ),
        migrations.AddField(
            model_name='goldanswer',
            name='nomination',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='gold', to='datasets_app.nomination'),
        ),
        migrations.AddField(
            model_name='goldanswer',
            name='sound_class',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.soundclass'),
        ),
        migrations.AddField(
            model_name='lease',
            name='annotator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='lease',
            name='nomination',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='leases', to='datasets_app.nomination'),
        ),
        migrations.AddField(
            model_name='page',
            name='annotator',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='pages', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='page',
            name='collection',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.collection'),
        ),
        migrations.AddField(
            model_name='page',
            name='sound_class',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.soundclass'),
        ),
        migrations.AddField(
            model_name='lease',
            name='page',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='leases', to='datasets_app.page'),
        ),
        migrations.AddField(
            model_name='vote',
            name='page',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='votes', to='datasets_app.page'),
        ),
        migrations.AddIndex(
            model_name='vote',
            index=models.Index(fields=['annotator', '-cast_at'], name='vote_of_annotator'),
        ),
        migrations.AddField(
            model_name='queueplace',
            name='annotator',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='queueplace',
            name='collection',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.collection'),
        ),
        migrations.AddField(
            model_name='queueplace',
            name='sound_class',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.soundclass'),
        ),
        migrations.AddField(
            model_name='trust',
            name='annotator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trust', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='trust',
            name='collection',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.collection'),
        ),
        migrations.AddField(
            model_name='trust',
            name='sound_class',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.soundclass'),
        ),
        migrations.AddField(
            model_name='verificationanswer',
            name='annotator',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='verifications', to='datasets_app.annotator'),
        ),
        migrations.AddField(
            model_name='verificationanswer',
            name='gold',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='meetings', to='datasets_app.goldanswer'),
        ),
        migrations.AddField(
            model_name='verificationanswer',
            name='nomination',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets_app.nomination'),
        ),
        migrations.AddField(
            model_name='verificationanswer',
            name='page',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='verifications', to='datasets_app.page'),
        ),
        migrations.AddConstraint(
            model_name='classwork',
            constraint=models.UniqueConstraint(fields=('collection', 'sound_class'), name='class_work_once'),
        ),
        migrations.AddIndex(
            model_name='clipreport',
            index=models.Index(fields=['outcome', 'reported_at'], name='report_to_resolve'),
        ),
        migrations.AddIndex(
            model_name='goldanswer',
            index=models.Index(fields=['collection', 'sound_class', 'is_active'], name='gold_of_class'),
        ),
        migrations.AddConstraint(
            model_name='goldanswer',
            constraint=models.CheckConstraint(condition=models.Q(('answer__in', ['PP', 'PNP', 'NP'])), name='gold_is_a_clear_answer'),
        ),
        migrations.AddIndex(
            model_name='page',
            index=models.Index(fields=['annotator', 'collection', 'sound_class', 'id'], name='page_of'),
        ),
        migrations.AddIndex(
            model_name='page',
            index=models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['expires_at'], name='page_to_close'),
        ),
        migrations.AddConstraint(
            model_name='lease',
            constraint=models.UniqueConstraint(fields=('nomination', 'annotator'), name='lease_once'),
        ),
        migrations.AddConstraint(
            model_name='queueplace',
            constraint=models.UniqueConstraint(fields=('annotator', 'collection', 'sound_class'), name='queue_place_once'),
        ),
        migrations.AddConstraint(
            model_name='trust',
            constraint=models.UniqueConstraint(fields=('collection', 'sound_class', 'annotator'), name='trust_once'),
        ),
        migrations.AddIndex(
            model_name='verificationanswer',
            index=models.Index(fields=['annotator', 'nomination'], name='verification_of'),
        ),
        migrations.AddIndex(
            model_name='verificationanswer',
            index=models.Index(fields=['nomination'], name='verification_of_nomination'),
        ),
        migrations.AddConstraint(
            model_name='verificationanswer',
            constraint=models.UniqueConstraint(fields=('page', 'gold'), name='verified_once'),
        ),
        migrations.RunPython(count_work, migrations.RunPython.noop),
    ]
