#
# Thirty-two connections bring the same 200 persons at the same time, in four
# spellings, by every path, at every isolation level, 100,000 rows in all; one
# attempt in ten is rolled back; in all rounds but the first, holders are
# deleted, renumbered and edited meanwhile.  Who changes a holder locks the lead
# before its claims, who arrives the other way round, so there the detector ends
# an attempt now and then; it is made again like any other.  Afterwards there is one living lead for each phone, counted from
# the leads themselves, and every row that was committed is there.
#
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use LeadCRM;
use Test::More;

use constant {
	SHAPES => [qw(single multi copy lead_in capture change)],
	MOST_RETRIES => 5,         # of one attempt at READ COMMITTED
	AT_ONCE => 0.99,           # of the attempts at READ COMMITTED, and of those with one row
	MOST_DEADLOCKS => 0.001,
};

# Connections and rows of each shape, by level; together 32 at a time.
my @round = (
	[ 'READ COMMITTED', single => [ 12, 18000 ], multi => [ 6, 15000 ], copy => [ 6, 30000 ],
		lead_in => [ 4, 3000 ], capture => [ 4, 3000 ] ],
	[ 'READ COMMITTED', single => [ 12, 3000 ], multi => [ 5, 2000 ], copy => [ 5, 3750 ],
		lead_in => [ 4, 400 ], capture => [ 4, 400 ], change => [ 2, 300 ] ],
	[ 'REPEATABLE READ', single => [ 12, 6000 ], multi => [ 5, 4000 ], copy => [ 5, 6250 ],
		lead_in => [ 4, 400 ], capture => [ 4, 400 ], change => [ 2, 200 ] ],
	[ 'SERIALIZABLE', single => [ 12, 3600 ], multi => [ 5, 2000 ], copy => [ 5, 3750 ],
		lead_in => [ 4, 200 ], capture => [ 4, 200 ], change => [ 2, 100 ] ]);

my $here = dirname(__FILE__);
my $dir = tempdir(CLEANUP => 1);
chomp(my ($include, $lib) = map { `$ENV{PG_CONFIG} $_` } qw(--includedir --libdir));
is(system("cc -std=gnu99 -O1 -Wall -I$include -o $dir/race_client $here/race_client.c -L$lib -lpq"),
	0, 'the client compiles') or BAIL_OUT('no client');

my $db = LeadCRM->database;
$db->query(<<'SQL');
ALTER DATABASE t_010_race SET deadlock_timeout = '50ms';
SELECT leadcrm.create_workspace('crm', locale => 'en');
CREATE TABLE gone (external_id text PRIMARY KEY);
CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN INSERT INTO public.gone VALUES (OLD.external_id); RETURN NULL; END';
CREATE TRIGGER zz_gone AFTER DELETE ON crm.lead FOR EACH ROW EXECUTE FUNCTION gone();
SQL
my %there = (
	lead_in => $db->query("SELECT to_regclass('crm.lead_in') IS NOT NULL") eq 't',
	capture => $db->query("SELECT count(*) > 0 FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace"
		  . " WHERE nspname = 'crm' AND proname = 'capture'") eq 't');

my ($rows, $committed, $captured, $seed, $began) = (0, 0, 0, 0, time);
my ($all, $all_at_once) = (0, 0);    # attempts at READ COMMITTED while no holder changes
for my $round (@round)
{
	my ($level, %mix) = @$round;
	my %out;

	for my $shape (@{+SHAPES})
	{
		next if !$mix{$shape} || (exists $there{$shape} && !$there{$shape});
		my ($connections, $n) = @{ $mix{$shape} };
		local $ENV{PGDATABASE} = $db->name;
		open $out{$shape}, '-|', "$dir/race_client", 'crm', $level, $shape, $connections, $n, ++$seed
		  or die "race_client: $!";
		$rows += $n unless $shape eq 'change';
	}
	for my $shape (grep { $out{$_} } @{+SHAPES})
	{
		my $line = readline($out{$shape}) // '';
		my ($attempts, $at_once, $retries, $most, $serialization, $deadlock, $brought, $ms) = split ' ', $line;

		ok(close($out{$shape}), "$level, $shape: every attempt succeeds, after 40001 and 40P01 at most");
		next unless defined $ms;
		$committed += $brought;
		$captured += $brought if $shape eq 'capture';
		diag(sprintf '%-15s %-7s %6d attempts, %5.1f %% at once, %5d retries, at most %2d, %5d x 40001, %3d x 40P01, %5.1f s',
			$level, $shape, $attempts, 100 * $at_once / $attempts, $retries, $most, $serialization, $deadlock, $ms / 1000);
		next if $level ne 'READ COMMITTED' || $mix{change};
		$all += $attempts;
		$all_at_once += $at_once;
		cmp_ok($most, '<=', MOST_RETRIES, "$shape: no attempt needs more than @{[MOST_RETRIES]} retries");
		next if $shape !~ /^(?:single|lead_in|capture)$/;
		cmp_ok($at_once, '>=', AT_ONCE * $attempts, "$shape: most attempts need no retry");
		cmp_ok($deadlock, '<=', MOST_DEADLOCKS * $attempts, "$shape: hardly a deadlock");
	}
	check($mix{change} ? "$level, holders change" : $level);
}
diag(sprintf '%d rows tried, %d committed, %d s', $rows, $committed, time - $began);
cmp_ok($rows, '>=', 100_000, 'as many attempts as promised');
cmp_ok($all_at_once, '>=', AT_ONCE * $all, "of $all attempts at READ COMMITTED, those of many rows too, most need no retry");

# A phone that nobody has any more is free, whoever had it.
$db->query('DELETE FROM crm.lead');
is($db->query('SELECT count(*) FROM crm.lead') . $db->query('SELECT count(*) FROM crm.identity'), '00',
	'nothing is left of deleted leads');

# check(LEVEL): what must hold between rounds.
sub check
{
	my ($level) = @_;

	is($db->query(<<'SQL'), '0', "$level: no phone has two living leads");
SELECT count(*) FROM (
	SELECT leadcrm.phone_key(leadcrm.try_phone(phone)) FROM crm.lead
	 WHERE merged_into IS NULL AND phone IS NOT NULL
	 GROUP BY 1 HAVING count(*) > 1) AS twice
SQL
	is($db->query('SELECT (SELECT count(*) FROM crm.lead) + (SELECT count(*) FROM gone)'), $committed,
		"$level: every row that was committed is there, or was deleted");
	is($db->query('SELECT count(*) FROM crm.intake'), $captured, "$level: every payload that was committed is there")
	  if $there{capture};
	is($db->query('SELECT count(*) FROM crm.lead JOIN gone USING (external_id)'), '0',
		"$level: no row is there twice");
	is($db->query(<<'SQL'), '0', "$level: no claim without a living lead");
SELECT count(*) FROM crm.identity i
 WHERE NOT EXISTS (SELECT FROM crm.lead l WHERE l.id = i.lead_id AND l.merged_into IS NULL)
SQL
	is($db->query(<<'SQL'), '0', "$level: every key of a living lead is held by it, or it waits for it");
SELECT count(*)
  FROM crm.lead l,
       LATERAL (VALUES ('phone', leadcrm.phone_key(leadcrm.try_phone(l.phone))),
                       ('email', lower(l.email))) AS k (kind, key)
 WHERE l.merged_into IS NULL AND k.key IS NOT NULL
   AND NOT EXISTS (SELECT FROM crm.identity i
                    WHERE i.lead_id = l.id AND i.kind = k.kind AND i.key = k.key
                      AND (i.live OR i.state = 'review'))
SQL
	is($db->query(<<'SQL'), '0', "$level: nobody waits for a key that nobody holds");
SELECT count(*) FROM crm.identity w
 WHERE NOT w.live
   AND NOT EXISTS (SELECT FROM crm.identity h
                    WHERE h.live AND h.kind = w.kind AND h.scope = w.scope AND h.key = w.key)
SQL
	is($db->query(<<'SQL'), '0', "$level: merged rows live in a living lead, and the log says so");
SELECT count(*)
  FROM crm.lead l
  LEFT JOIN crm.lead w ON w.id = l.merged_into AND w.merged_into IS NULL
  LEFT JOIN crm.merge_log m ON m.loser = l.id AND m.undone_at IS NULL AND m.winner = l.merged_into
 WHERE l.merged_into IS NOT NULL AND (w.id IS NULL OR m.id IS NULL)
SQL
	is($db->query(<<'SQL'), '0', "$level: as many activities as repeat inquiries");
SELECT (SELECT count(*) FROM crm.activity WHERE brought_by IS NOT NULL) -
       (SELECT count(*) FROM crm.lead WHERE merged_into IS NOT NULL)
SQL
}

done_testing;
