#
# Memory of one backend does not grow with the rows it has taken in: in one
# statement, in many, and when rows fail in subtransactions.
#
# A cache that is filled or doubled once is no growth, so what grows is tried
# again: what every row leaves behind shows each time.
#
use strict;
use warnings;

use LeadCRM;
use Test::More;

use constant {
	ROWS => $ENV{LEADCRM_MEMORY_ROWS} || 20_000,
	ERRORS => $ENV{LEADCRM_MEMORY_ERRORS} || 10_000,
	GROWTH => 64 * 1024,
	TRIES => 4,
};

my $db = LeadCRM->database;
$db->query("SELECT leadcrm.create_workspace('crm', locale => 'en'); INSERT INTO crm.source (code, on_duplicate) VALUES ('strict', 'reject')");

my $session = $db->session;
my %work = (
	'one statement' => sub {
		my $n = shift;
		return "INSERT INTO crm.lead (phone, email, first_source, campaign)"
		  . " SELECT '137' || to_char(n % 90000, 'FM00000000'), 'zhang' || n || '\@example.org', 'x', 'c' || n FROM generate_series(1, $n) AS n";
	},
	'many statements' => sub {
		my $n = shift;
		return "DO \$\$ BEGIN FOR n IN 1 .. $n LOOP INSERT INTO crm.lead (phone, first_source)"
		  . " VALUES ('136' || to_char(n % 90000, 'FM00000000'), 'x'); IF n % 100 = 0 THEN COMMIT; END IF; END LOOP; END \$\$";
	},
	'rows that fail' => sub {
		my $n = shift;
		return "DO \$\$ BEGIN FOR n IN 1 .. $n LOOP BEGIN"
		  . " INSERT INTO crm.lead (phone, first_source, created_at) VALUES ('13800138000', 'strict', CASE WHEN n % 3 = 0 THEN 'infinity'::timestamptz END);"
		  . " EXCEPTION WHEN unique_violation OR datetime_field_overflow THEN NULL; WHEN OTHERS THEN IF SQLSTATE <> '22008' THEN RAISE; END IF; END;"
		  . " IF n % 1000 = 0 THEN COMMIT; END IF; END LOOP; END \$\$";
	},
	'rules that change' => sub {
		my $n = shift() / 100;
		return "DO \$\$ BEGIN FOR n IN 1 .. $n LOOP UPDATE crm.identity_rule SET max_age = '1 year' WHERE code = 'wechat';"
		  . " INSERT INTO crm.lead (wechat, first_source) VALUES ('zhang_' || n, 'x'); COMMIT; END LOOP; END \$\$";
	});

for my $name ('one statement', 'many statements', 'rows that fail', 'rules that change')
{
	my $n = $name eq 'rows that fail' ? ERRORS : ROWS;
	my ($grown, %before);

	run($name, 2000) for 1 .. 2;    # to warm up
	for my $try (1 .. TRIES)
	{
		%before = used();
		run($name, $n);
		my %after = used();
		$grown = 0;
		$grown += $_ for values %after;
		$grown -= $_ for values %before;
		diag(sprintf '%s: %d rows, %d bytes more in use', $name, $n, $grown);
		last if $grown <= GROWTH;
		diag("  $_: " . ($after{$_} - ($before{$_} // 0))) for grep { $after{$_} > ($before{$_} // 0) + 4096 } sort keys %after;
	}
	cmp_ok($grown, '<=', GROWTH, "$name: memory does not grow");
}
$session->close;

# run(NAME, ROWS): do that work.
sub run
{
	my ($name, $rows) = @_;
	is(($session->run($work{$name}->($rows)), $session->error)[1], '', "$name: $rows");
}

# used(): bytes in use by the session's backend, by the name of the context.
sub used
{
	return split /[|\n]/, $session->run('SELECT name, sum(used_bytes) FROM pg_backend_memory_contexts GROUP BY name');
}

done_testing;
