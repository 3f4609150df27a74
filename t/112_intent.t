#
# The state machine of intents, by itself: random histories, from a fixed seed
# unless LEADCRM_SEED gives another.
#
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

use constant HISTORIES => 5000;

my $here = dirname(__FILE__);
my $src = "$here/../extension/src";
my $dir = tempdir(CLEANUP => 1);
my $seed = $ENV{LEADCRM_SEED} // 20261122;
$seed = int(rand(2**31)) if $seed eq 'random';
note("LEADCRM_SEED=$seed");

is(system("cc -std=c99 -O1 -Wall -Wextra -Werror -I$src -o $dir/intent_history "
		. "$here/intent_history.c $src/intent.c $src/decay.c -lm"), 0, 'it compiles without a server')
  or BAIL_OUT('no program');

my %broken;
for (`$dir/intent_history $seed @{[HISTORIES]}`)
{
	my ($what, $tried, $broken) = split;
	$broken{$what} = $broken if $tried == HISTORIES;
}
is($broken{wavering}, 0,
	'a score within 20 % of a threshold, 50 events a day, moves no lead more than once in 24 hours');
is($broken{looks}, 0,
	'looking at due moments only gives the history that looking more often gives, and signals win');
done_testing();
