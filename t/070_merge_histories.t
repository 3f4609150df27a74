#
# Merge and undo: random histories of small sets of leads.  Leads arrive, some
# of them repeat inquiries that merge by themselves; leads are merged by hand,
# chains too; in between fields and keys are edited, leads arrive and are
# deleted; then all merges are undone, in random order.
#
# What is compared: every column of every lead that was there before the first
# merge, every claim, pair and activity of theirs.  A column that nobody edited
# is as it was, or unmerge() has named it.  Claims and pairs of keys that no
# edit, arrival of their own or deletion touched are as they were, byte for
# byte.  And whatever happened, no two living leads share a live claim.
#
# Every run has the same histories; LEADCRM_SEED gives others, by number or
# "random", and LEADCRM_HISTORIES more of them.
#

use strict;
use warnings;

use LeadCRM;
use Test::More;

my $seed = $ENV{LEADCRM_SEED} // 375595446;
$seed = int(rand(1 << 30)) if $seed eq 'random';
my $histories = $ENV{LEADCRM_HISTORIES} // 2000;

note("LEADCRM_SEED=$seed");
my $db = LeadCRM->database;
$db->query("SELECT leadcrm.create_workspace('crm', locale => 'en')");
# What moves a lead while it speaks for others, stays.
$db->query('DELETE FROM crm.stage_rule');
$db->query(do { local $/; <DATA> });

# In one session, for the seed's sake; emptied tables are vacuumed in between.
my $script = "SET search_path TO public, crm; SELECT 'seeded' FROM setseed(@{[$seed / (1 << 30)]});\n";
for (my $from = 1; $from <= $histories; $from += 100)
{
	$script .= "CALL run_histories($from, least($from + 99, $histories));\n"
		. "VACUUM was_lead, was_identity, was_duplicate, was_activity, edited, touched, named, start, crm.lead, crm.identity;\n";
}
my $faults = $db->query($script . "SELECT history || ': ' || fault FROM fault ORDER BY n LIMIT 20");
is($faults, 'seeded', "$histories histories leave no difference that is not named");

my ($merges, $by_hand, $undone, $refused, $named) = split /\|/, $db->query(
	'SELECT count(*), count(*) FILTER (WHERE rule IS NULL), count(undone_at),'
	. ' (SELECT sum(refused) FROM history), (SELECT sum(named) FROM history) FROM crm.merge_log');
note("$merges merges, $by_hand by hand, $undone undone; $refused undos refused for a reason, $named differences named");
cmp_ok($by_hand, '>', $histories / 2, 'there were merges by hand');
cmp_ok($merges - $by_hand, '>', $histories / 2, 'and on arrival');
cmp_ok($undone, '>', $histories, 'most were undone');
is($db->query("SELECT severity || ': ' || item || ' ' || problem FROM leadcrm.check_workspace('crm') WHERE severity = 'error'"),
	'', 'check_workspace is content');
is($db->query(<<'SQL'), '0', 'every living lead has a claim on each of its keys');
	SELECT count(*) FROM crm.lead l CROSS JOIN LATERAL leadcrm.identity_keys('crm.lead', l.id) k
	 WHERE l.merged_into IS NULL
	   AND NOT EXISTS (SELECT FROM crm.identity i WHERE i.lead_id = l.id
	                      AND i.kind = k.kind AND i.scope = k.scope AND i.key = k.key)
SQL
is($db->query(<<'SQL'), '0', 'nobody waits for a key that nobody holds');
	SELECT count(*) FROM crm.identity i
	 WHERE NOT i.live AND i.state <> 'weak'
	   AND NOT EXISTS (SELECT FROM crm.identity h WHERE h.live
	                      AND h.kind = i.kind AND h.scope = i.scope AND h.key = i.key)
SQL
done_testing;

__DATA__
SET search_path TO public, crm;

CREATE TABLE fault (n bigint GENERATED ALWAYS AS IDENTITY, history int, fault text);
CREATE TABLE history (history int, refused int, named int);

-- What was there before, and what was touched since.
CREATE TABLE was_lead AS SELECT id, leadcrm.row_image(l) AS image FROM lead l;
CREATE TABLE was_identity AS SELECT * FROM identity;
CREATE TABLE was_duplicate AS SELECT * FROM duplicate;
CREATE TABLE was_activity AS SELECT * FROM activity;
CREATE TABLE edited (id bigint, field text);
CREATE TABLE touched (kind text, key text);
CREATE TABLE named (id bigint, what text, item text);

-- A history's leads are those that came after this one.
CREATE TABLE start (id bigint);
INSERT INTO start VALUES (0);
CREATE FUNCTION oldest() RETURNS bigint LANGUAGE SQL STABLE AS 'SELECT id FROM start';

CREATE FUNCTION one_of(VARIADIC a text[]) RETURNS text LANGUAGE SQL VOLATILE
    AS 'SELECT a[1 + floor(random() * cardinality(a))]';

-- Keys are drawn from a few of the history's own, so that they often meet.
CREATE FUNCTION arrive(h int, keys int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO lead (name, company, title, phone, email, wechat, address, region, budget_min, company_size,
                      last_source, last_form, attrs)
    VALUES (one_of('张伟', '张先生', '李娜', '王小明', NULL),
            one_of('重庆' || one_of('华', '信') || h || '科技有限公司', NULL, NULL),
            one_of('经理', 'CEO', NULL),
            CASE WHEN random() < 0.7 THEN '138' || lpad((h * 10 + floor(random() * keys))::text, 8, '0') ELSE one_of('400-800-8820', 'none', NULL) END,
            CASE WHEN random() < 0.5 THEN one_of('', 'Name') || h || '-' || floor(random() * keys) || '@example.com' END,
            CASE WHEN random() < 0.3 THEN 'wxid_' || h || '_' || floor(random() * keys) END,
            one_of('上海市浦东新区世纪大道1号', '某处', NULL, NULL), one_of('11', '火星', NULL, NULL, NULL),
            one_of('0', '100000', NULL)::numeric, one_of('0', '50', NULL)::int,
            one_of('baidu', 'wechat', NULL), one_of('form-a', 'form-b', NULL),
            jsonb_strip_nulls(jsonb_build_object('consent', one_of('true', 'false', NULL)::boolean,
                                                 'note', one_of('x', 'y', NULL), 'n', one_of('1', '2', NULL)::int)));
END $$;

CREATE FUNCTION some_lead() RETURNS bigint LANGUAGE SQL VOLATILE
    AS 'SELECT id FROM (SELECT id FROM lead WHERE merged_into IS NULL AND id > oldest() ORDER BY id) l ORDER BY random() LIMIT 1';

-- All keys of a lead, those it holds for others too.
CREATE FUNCTION touch(lead bigint) RETURNS void LANGUAGE SQL AS $$
    INSERT INTO touched SELECT kind, key FROM identity WHERE lead_id = lead;
    INSERT INTO touched SELECT k.kind, k.key FROM lead l CROSS JOIN LATERAL leadcrm.identity_keys('lead', l.id) k
                         WHERE l.id = lead OR l.merged_into = lead;
$$;

CREATE FUNCTION edit(h int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    who   bigint := some_lead();
    field text := one_of('title', 'company', 'phone', 'email', 'wechat', 'budget_min', 'address', 'note');
BEGIN
    PERFORM touch(who);
    IF field = 'note' THEN
        UPDATE lead SET attrs = attrs || '{"note": "z"}' WHERE id = who;
    ELSE
        EXECUTE format('UPDATE lead SET %I = $1%s WHERE id = $2', field, CASE field WHEN 'budget_min' THEN '::numeric' ELSE '' END)
          USING CASE field WHEN 'title' THEN one_of('CEO', 'CTO') WHEN 'company' THEN '重庆华' || h || '科技有限公司'
                           WHEN 'phone' THEN '138' || lpad((h * 10 + floor(random() * 4))::text, 8, '0')
                           WHEN 'email' THEN h || '-' || floor(random() * 4) || '@example.com'
                           WHEN 'wechat' THEN 'wxid_' || h || '_' || floor(random() * 4)
                           WHEN 'budget_min' THEN one_of('0', '7') ELSE one_of('北京市朝阳区', '某处') END, who;
    END IF;
    PERFORM touch(who);
    INSERT INTO edited VALUES (who, field), (who, 'attrs'), (who, 'updated_at'), (who, 'region');
END $$;

CREATE FUNCTION merge_some() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    w bigint := some_lead();
    l bigint[];
    choice jsonb;
BEGIN
    l := ARRAY(SELECT id FROM (SELECT id FROM lead WHERE merged_into IS NULL AND id <> w AND id > oldest() ORDER BY id) o
                ORDER BY random() LIMIT 1 + floor(random() * 2));
    IF l = '{}' THEN
        RETURN;
    END IF;
    IF random() < 0.3 THEN
        choice := jsonb_build_object(one_of('phone', 'company', 'address', 'title', 'region', 'email'), l[1]);
    END IF;
    PERFORM merge_leads(w, l, choice);
END $$;

CREATE FUNCTION remember() RETURNS void LANGUAGE SQL AS $$
    DELETE FROM was_lead;
    DELETE FROM was_identity;
    DELETE FROM was_duplicate;
    DELETE FROM was_activity;
    DELETE FROM edited;
    DELETE FROM touched;
    DELETE FROM named;
    INSERT INTO was_lead SELECT id, leadcrm.row_image(l) FROM lead l WHERE id > oldest();
    INSERT INTO was_identity SELECT * FROM identity WHERE lead_id IN (SELECT id FROM was_lead);
    INSERT INTO was_duplicate SELECT * FROM duplicate WHERE lead_a IN (SELECT id FROM was_lead);
    INSERT INTO was_activity SELECT * FROM activity WHERE lead_id IN (SELECT id FROM was_lead);
$$;

-- Every difference that nobody named.
CREATE FUNCTION compare(h int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO fault (history, fault)
    SELECT h, format('lead %s: %s was %s, is %s', w.id, k.key, k.value, i.image -> k.key)
      FROM was_lead w
      JOIN (SELECT id, leadcrm.row_image(l) AS image FROM lead l WHERE id > oldest() OFFSET 0) i USING (id)
     CROSS JOIN jsonb_each(w.image) k
     WHERE k.value <> i.image -> k.key
       AND NOT EXISTS (SELECT FROM edited e WHERE e.id = w.id AND e.field = k.key)
       AND NOT EXISTS (SELECT FROM named n WHERE n.id = w.id AND n.item = k.key);

    WITH gone AS (
        SELECT id FROM was_lead WHERE id NOT IN (SELECT id FROM lead)
    ), was AS (
        SELECT * FROM was_identity i WHERE NOT EXISTS (SELECT FROM touched t WHERE t.kind = i.kind AND t.key = i.key)
    ), now AS (
        SELECT * FROM identity i WHERE lead_id IN (SELECT id FROM was_lead)
           AND NOT EXISTS (SELECT FROM touched t WHERE t.kind = i.kind AND t.key = i.key)
    )
    INSERT INTO fault (history, fault)
    SELECT h, 'claim was ' || d::text FROM (SELECT * FROM was EXCEPT SELECT * FROM now) d
     WHERE d.lead_id NOT IN (SELECT id FROM gone)
     UNION ALL
    SELECT h, 'claim is ' || d::text FROM (SELECT * FROM now EXCEPT SELECT * FROM was) d;

    -- Pairs: those that were there are as they were; a new one needs a touched key.
    INSERT INTO fault (history, fault)
    SELECT h, 'pair was ' || d::text || ', is ' || coalesce((SELECT e::text FROM duplicate e WHERE e.id = d.id), 'not there')
      FROM (SELECT * FROM was_duplicate EXCEPT SELECT * FROM duplicate WHERE id >= (SELECT min(id) FROM was_duplicate)) d
     WHERE d.lead_a IN (SELECT id FROM lead) AND d.lead_b IN (SELECT id FROM lead)
       AND NOT EXISTS (SELECT FROM named n WHERE n.what = 'pair' AND n.item = d.id::text)
     UNION ALL
    SELECT h, 'new pair ' || d::text
      FROM (SELECT * FROM duplicate WHERE id NOT IN (SELECT id FROM was_duplicate)
               AND lead_a IN (SELECT id FROM was_lead) AND lead_b IN (SELECT id FROM was_lead)) d
     WHERE NOT EXISTS (SELECT FROM touched)
       AND NOT EXISTS (SELECT FROM named n WHERE n.what = 'pair' AND n.item = d.id::text);

    INSERT INTO fault (history, fault)
    SELECT h, 'activity was ' || d::text FROM (SELECT * FROM was_activity EXCEPT SELECT * FROM activity WHERE id >= (SELECT min(id) FROM was_activity)) d
     WHERE d.lead_id IN (SELECT id FROM lead)
     UNION ALL
    SELECT h, 'activity of the merge is left: ' || a::text FROM activity a
     WHERE a.lead_id IN (SELECT id FROM was_lead) AND a.id NOT IN (SELECT id FROM was_activity) AND a.actor <> 'test';

    INSERT INTO fault (history, fault)
    SELECT h, format('key %s %s is held %s times', kind, key, count(*)) FROM identity
     WHERE live AND lead_id > oldest() GROUP BY kind, scope, key HAVING count(*) > 1
     UNION ALL
    SELECT h, format('lead %s is merged into %s, which does not live', l.id, l.merged_into) FROM lead l
     WHERE l.id > oldest() AND l.merged_into IS NOT NULL AND NOT EXISTS (SELECT FROM lead w WHERE w.id = l.merged_into AND w.merged_into IS NULL);
END $$;

CREATE PROCEDURE run_histories(first_history int, last_history int) LANGUAGE plpgsql AS $$
DECLARE
    first   bigint;
    who     bigint;
    m       merge_log;
    mixed   boolean;
    refused int;
    dice    float8;
    reason  text;
BEGIN
    FOR h IN first_history .. last_history LOOP
        refused := 0;
        mixed := random() < 0.5;
        first := (SELECT coalesce(max(id), 0) FROM merge_log);
        UPDATE start SET id = coalesce((SELECT max(id) FROM lead), 0);
        FOR i IN 1 .. 3 + floor(random() * 4)::int LOOP
            PERFORM arrive(h, 8);
            COMMIT;
        END LOOP;
        INSERT INTO activity (lead_id, kind, at, actor) SELECT some_lead(), 'call', now(), 'test' FROM generate_series(1, 2);
        -- OFFSET: the dice are thrown for these pairs only, whatever the plan.
        PERFORM resolve_duplicate(id, 'distinct')
           FROM (SELECT id FROM duplicate WHERE status = 'open' AND lead_a > oldest() ORDER BY id OFFSET 0) d
          WHERE random() < 0.1;
        IF random() < 0.2 THEN
            PERFORM merge_some();
        END IF;
        COMMIT;
        first := (SELECT coalesce(max(id), 0) FROM merge_log);
        PERFORM remember();
        COMMIT;

        FOR i IN 1 .. 2 + floor(random() * 4)::int LOOP
            dice := random();
            IF dice < 0.5 THEN
                PERFORM merge_some();
            ELSIF dice < 0.75 THEN
                PERFORM arrive(h, 8);
                -- One that lives in its own right took keys.
                PERFORM touch(l.id) FROM lead l
                  WHERE l.id = (SELECT max(id) FROM lead) AND l.merged_into IS NULL;
            ELSIF dice < 0.8 THEN
                INSERT INTO activity (lead_id, kind, at, actor) SELECT id, 'call', now(), 'test' FROM some_lead() id WHERE id IS NOT NULL;
            ELSIF mixed AND dice < 0.95 THEN
                PERFORM edit(h);
            ELSIF mixed THEN
                who := some_lead();
                PERFORM touch(who);
                INSERT INTO touched SELECT i.kind, i.key FROM identity i WHERE i.brought_by = who;
                DELETE FROM lead WHERE id = who;
            END IF;
            COMMIT;
        END LOOP;

        -- Undo all, in any order; a chain only from its end.
        LOOP
            SELECT * INTO m
              FROM (SELECT * FROM merge_log g
                     WHERE g.id > first AND g.undone_at IS NULL
                       AND EXISTS (SELECT FROM lead WHERE id = g.loser)
                     ORDER BY g.id) g
             ORDER BY random() LIMIT 1;
            EXIT WHEN NOT FOUND;
            BEGIN
                INSERT INTO named SELECT m.winner, u.what, CASE u.what WHEN 'attribute' THEN 'attrs' ELSE u.item END
                  FROM unmerge(m.id) u;
            EXCEPTION WHEN object_not_in_prerequisite_state THEN
                GET STACKED DIAGNOSTICS reason = PG_EXCEPTION_DETAIL;
                refused := refused + 1;
                IF reason NOT LIKE '%itself merged into%' THEN
                    RAISE;
                END IF;
            END;
            COMMIT;
        END LOOP;
        PERFORM compare(h);
        INSERT INTO history SELECT h, refused, count(*) FROM named;
        COMMIT;
    END LOOP;
END $$;
