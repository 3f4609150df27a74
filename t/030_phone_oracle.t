# Compare phone.c with libphonenumber (Debian: python3-phonenumbers) over
# generated numbers of eleven regions.  Needs a C compiler, no server.
#
# libphonenumber has two verdicts, possible (by length) and valid (in a range
# that is given out).  A foreign number it calls possible but not valid counts
# as the same whether phone.c takes it or not, as long as a taken one has the
# same E.164 form: phone.c knows lengths by leading digit, which lies between.
# How many there are is reported.  Valid numbers are also counted alone, where
# no such allowance is made.
#
# Special numbers (toll-free and the like) are drawn rarely, as they are rare
# among leads: the more of them, the more of the fourth class below.
#
# Why the two may differ, by class:
#
#  Chinese mobile range that is not given out yet
#    phone.c takes 13 to 19 whole: a range opened next year must not be
#    refused, and no answer may change with the table.
#  Chinese extension behind a mere dash
#    010-12345678-801 is how switchboards are written in China;
#    libphonenumber sees too many digits.
#  Chinese area code 807, of which one exchange is in use
#    phone.c knows area codes, not exchanges.
#  number that is dialled inside its country only
#    Japanese 0077 and Indian 000800 numbers begin with the trunk prefix:
#    nobody reaches them from abroad, so they have no E.164 form.
#  Brazilian carrier code
#    0 + carrier + number is a way to dial, not a number.
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

use constant NUMBERS => 2000;    # per region
use constant GOAL    => 0.995;

my %listed = map { $_ => 1 } (
	'Chinese mobile range that is not given out yet',
	'Chinese extension behind a mere dash',
	'Chinese area code 807, of which one exchange is in use',
	'number that is dialled inside its country only',
	'Brazilian carrier code');

my $here = dirname(__FILE__);
my $source = "$here/../extension/src";
my $dir = tempdir(CLEANUP => 1);

my ($python) = grep { system("$_ -c 'import phonenumbers' 2>/dev/null") == 0 }
  ('/usr/bin/python3', 'python3');
plan skip_all => 'python3-phonenumbers is not installed' unless $python;

# A filter: "region TAB text" in, the normal form out.
open my $out, '>', "$dir/harness.c" or die $!;
print $out <<'HARNESS';
#include <stdio.h>
#include <string.h>
#include "phone.h"

int
main(void)
{
	char		line[1024];

	while (fgets(line, sizeof(line), stdin))
	{
		char	   *text = strchr(line, '\t');
		PhoneNumber number;

		*text++ = '\0';
		text[strcspn(text, "\n")] = '\0';
		puts(leadcrm_phone_parse(text, strlen(text), line, &number) == PHONE_OK ?
			 number.text : "");
	}
	return 0;
}
HARNESS
close $out;
is(system("cc -std=gnu99 -O1 -I$source -o $dir/harness $dir/harness.c $source/phone.c $source/phone_plan.c"),
	0, 'the parser compiles without a server') or BAIL_OUT('no harness');

my @report = `PYTHONIOENCODING=utf-8 $python $here/phone_oracle.py $dir/harness @{[NUMBERS]}`;
is($?, 0, 'the comparison ran');

my (@unlisted, %region, %class, %alone);
my ($total, $same) = (0, 0);
for (@report)
{
	chomp;
	if (/^region (\w+) (\d+) (\d+) (\d+)$/)
	{
		$region{$1} = 1;
		$total += $2;
		$same  += $4;
		note(sprintf '%s: %d of %d the same, %d are phones', $1, $4, $2, $3);
		cmp_ok($3, '>', $2 / 2, "$1: most numbers are phones");
	}
	elsif (/^class (\d+) (.*)$/) { $class{$2} = $1 }
	elsif (/^(both|valid) (\d+) (\d+)$/) { $alone{$1} = [ $2, $3 ] }
	elsif (/^between (\d+) (\d+)$/)
	{
		note("possible but not valid: $1 taken, $2 refused");
	}
	else { push @unlisted, $_ }
}

is(join(' ', sort keys %region), 'BR CN DE GB HK IN JP MO SG TW US',
	'eleven regions');
is(join("\n", @unlisted), '', 'every difference is of a listed class');
for my $name (sort keys %class)
{
	ok($listed{$name}, sprintf 'listed: %s (%d)', $name, $class{$name});
}
is($alone{both}[1], $alone{both}[0],
	"of $alone{both}[0] numbers that both accept, the E.164 form is the same");
cmp_ok($alone{valid}[1] / ($alone{valid}[0] || 1), '>=', GOAL,
	sprintf 'of valid numbers at least %.1f %% are the same: %d of %d, %.2f %%',
	100 * GOAL, $alone{valid}[1], $alone{valid}[0], 100 * $alone{valid}[1] / ($alone{valid}[0] || 1));
cmp_ok($same / ($total || 1), '>=', GOAL,
	sprintf 'of all numbers, wrong ones too, at least %.1f %%: %d of %d, %.2f %%',
	100 * GOAL, $same, $total, 100 * $same / ($total || 1));

done_testing();
