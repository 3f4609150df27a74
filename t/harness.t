#
# dev/test must fail when a test fails: it is run in a small tree with one test
# of each kind that passes, one that fails and one that skips itself.
#

use strict;
use warnings;

use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);
use Test::More;

my $tree = 'build/harness';
my %file = (
	'leadcrm.control' => "default_version = '1.0'\nmodule_pathname = '\$libdir/leadcrm'\n",
	'extension/src/leadcrm.c' => "#include \"postgres.h\"\n#include \"fmgr.h\"\nPG_MODULE_MAGIC;\n",
	'extension/install/00.sql' => "SELECT 1;\n",
	'extension/workspace/00.sql' => "SELECT 1;\n",
	'sql/00_setup.sql' => "CREATE EXTENSION leadcrm;\n",
	'expected/00_setup.out' => "CREATE EXTENSION leadcrm;\n",
	'sql/wrong.sql' => "SELECT 1;\n",
	'expected/wrong.out' => "SELECT 2;\n",
	'specs/right.spec' => "session a\nstep s { SET jit = off; }\npermutation s\n",
	'expected/right.out' => "Parsed test spec with 1 sessions\n\nstarting permutation: s\nstep s: SET jit = off;\n",
	'specs/wrong.spec' => "session a\nstep s { SET jit = on; }\npermutation s\n",
	't/right.sql' => "SELECT plan(1); SELECT ok(true); SELECT * FROM finish();\n",
	't/wrong.sql' => "SELECT plan(1); SELECT ok(false); SELECT * FROM finish();\n",
	't/right.t' => "use Test::More tests => 1; ok(1);\n",
	't/wrong.t' => "use Test::More tests => 2; ok(1);\n",
	't/absent.t' => "use Test::More; plan skip_all => 'no moon';\n");

# run_tests(NAME...): exit status and output.
sub run_tests
{
	local $ENV{LEADCRM_NO_INSTALL} = 1;
	my $out = `cd $tree && dev/test @_ 2>&1`;

	return ($? >> 8, $out);
}

remove_tree($tree);
for my $path (keys %file, qw(Makefile dev/test dev/lib.sh dev/deps))
{
	my ($dir) = "$tree/$path" =~ m{(.*)/};

	make_path($dir);
	if (exists $file{$path})
	{
		open my $fh, '>', "$tree/$path" or die "$path: $!";
		print $fh $file{$path};
		close $fh or die "$path: $!";
	}
	else
	{
		copy($path, "$tree/$path") or die "$path: $!";
		chmod 0755, "$tree/$path";
	}
}

my ($status, $out) = run_tests();
is($status, 1, 'a failing test makes the run fail');
like($out, qr/^4 passed, 4 failed, 1 skipped\n\z/m, 'everything is counted in the last line');
like($out, qr{^failed: sql/wrong t/wrong.sql specs/wrong t/wrong.t$}m, 'what failed is named');
like($out, qr/^-SELECT 2;\n\+SELECT 1;$/m, 'the difference is shown');
like($out, qr/^skipped: t\/absent.t \(no moon\)$/m, 'a skip is shown with its reason');

($status, $out) = run_tests('right');
is($status, 0, 'a run without failures succeeds');
like($out, qr/^3 passed, 0 failed\n\z/m, 'only the named tests run');

($status, $out) = run_tests('absent');
is($status, 1, 'a run of nothing but skips fails');

($status, $out) = run_tests('nosuch');
is($status, 1, 'a name that no test has fails');

open my $source, '>>', "$tree/extension/src/leadcrm.c" or die $!;
print $source "#error planted\n";
close $source;
($status, $out) = run_tests('right');
is($status, 1, 'a build that fails makes the run fail');
like($out, qr/^0 passed, 1 failed\n\z/m, 'and is counted');

if (open my $place, '<', "$tree/build/place")
{
	chomp(my $dir = <$place>);
	remove_tree($dir);
}
remove_tree($tree);
done_testing;
