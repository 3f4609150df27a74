#
# The documentation is true: examples answer what the pages show, links lead
# somewhere, META.json says what leadcrm.control says.
#
# The SQL blocks of a page run in order in one psql session, as superuser, in a
# database of its own.  A block without a language right behind one is what psql
# prints; trailing blanks, "(n rows)" and empty results of one column (those of
# functions that return void) do not matter.  A block without output must raise
# no error.  A comment right before a block may say
#
#	<!-- test: skip REASON -->	the block is not run
#	<!-- test: role NAME -->	the block is run under SET ROLE to an ordinary role
#					of that name, which the test makes
#
# Roles that a page creates are dropped before it runs.
#
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use JSON::PP qw(decode_json);
use LeadCRM;
use Test::More;

chdir "$FindBin::RealBin/.." or die $!;
my @pages = ('README.md', sort glob 'docs/*.md');
my %headings;

for my $page (@pages)
{
	subtest $page => \&examples, $page if grep { $_->{language} eq 'sql' } blocks($page);
	links($page);
}
meta();
done_testing;

sub slurp
{
	my ($file) = @_;

	open my $fh, '<', $file or die "$file: $!";
	local $/;
	return scalar <$fh>;
}

# blocks(PAGE): its blocks of code as { line, language, text, directive, follows },
# follows being whether nothing but blank lines parts it from the one before.
sub blocks
{
	my ($page) = @_;
	my (@blocks, $block, $directive);
	my ($number, $follows) = (0, 0);

	for (split /\n/, slurp($page))
	{
		$number++;
		if ($block)
		{
			if (/^```\s*$/)
			{
				push @blocks, $block;
				undef $block;
				$follows = 1;
				next;
			}
			$block->{text} .= "$_\n";
		}
		elsif (/^```(\w*)\s*$/)
		{
			$block = { line => $number, language => $1, text => '', directive => $directive // '', follows => $follows };
			undef $directive;
		}
		elsif (/^<!-- test: (.*?) -->$/)
		{
			$directive = $1;
		}
		elsif (/\S/)
		{
			undef $directive;
			$follows = 0;
		}
	}
	die "$page: a block does not end" if $block;
	return @blocks;
}

# examples(PAGE): run its SQL and compare.
sub examples
{
	my ($page) = @_;
	my @blocks = blocks($page);
	my @sql = grep { $_->{language} eq 'sql' } @blocks;
	my $text = join '', map { $_->{text} } grep { $_->{directive} !~ /^skip / } @sql;
	my @roles = ($text =~ /^CREATE (?:ROLE|USER) (\w+)/mg);
	my @acting = map { $_->{directive} =~ /^role (\w+)$/ } @sql;

	my $db = LeadCRM->database(extension => $text !~ /^CREATE EXTENSION leadcrm/m);
	$db->query("DROP ROLE IF EXISTS $_") for @roles, @acting;
	$db->query("CREATE ROLE $_") for keys %{ { map { $_ => 1 } @acting } };

	my @said = session($db, @sql);
	for my $i (0 .. $#blocks)
	{
		my ($block, $next) = @blocks[ $i, $i + 1 ];
		my $where = "$page, line $block->{line}";

		next unless $block->{language} eq 'sql';
		my $said = shift @said;
		if ($block->{directive} =~ /^skip (.+)/)
		{
			note("$where: not run, $1");
		}
		elsif ($next && $next->{language} eq '' && $next->{follows})
		{
			is(tidy($said), tidy($next->{text}), $where);
		}
		else
		{
			unlike($said, qr/^(?:ERROR|FATAL|PANIC): /m, "$where: no error");
		}
	}
	return;
}

# session(DATABASE, BLOCK...): run the blocks; what psql printed, block by block.
sub session
{
	my ($db, @sql) = @_;
	my $script = File::Temp->new;

	for my $block (@sql)
	{
		my ($role) = $block->{directive} =~ /^role (\w+)$/;

		print $script $role ? "SET ROLE $role;\n" : '', $block->{text} =~ s/\n*\z/\n/r,
			$role ? "RESET ROLE;\n" : '' unless $block->{directive} =~ /^skip /;
		print $script "\\echo :end:\n";
	}
	close $script;

	# Read from standard input, errors have no file name before them.
	my $out = join '', map { "$_\n" } split /\n/,
		`psql -X -q -w -v SHOW_CONTEXT=never -d "$db->{name}" <$script 2>&1`;
	is($?, 0, 'psql ends well');
	return split /^:end:\n/m, $out, -1;
}

sub tidy
{
	my ($text) = @_;

	$text =~ s/[ \t]+$//mg;
	$text =~ s/^\(\d+ rows?\)\n//mg;
	$text =~ s/^ *\w+\n-+\n\n//mg;
	$text =~ s/\n{3,}/\n\n/g;
	$text =~ s/\A\n+//;
	$text =~ s/\n*\z/\n/;
	return $text;
}

# anchors(PAGE): its headings, as links name them.
sub anchors
{
	my ($page) = @_;

	return $headings{$page} //= { map { lc(s/[^\w\s-]//gr) =~ s/ /-/gr => 1 } slurp($page) =~ /^#+ (.*?)\s*$/mg };
}

sub links
{
	my ($page) = @_;
	my ($folder) = $page =~ m{^(.*/)?[^/]*$};
	my $text = slurp($page) =~ s/^```.*?^```$//msgr;
	my @broken;

	for my $link ($text =~ /\]\(([^)\s]+)\)/g)
	{
		next if $link =~ /^\w+:/;
		my ($file, $anchor) = split /#/, $link;
		my $target = $file eq '' ? $page : ($folder // '') . $file;
		1 while $target =~ s{(?:^|/)\K[^/]+/\.\./}{};
		push @broken, $link unless -e $target && (!defined $anchor || anchors($target)->{$anchor});
	}
	is("@broken", '', "$page: links lead somewhere");
	return;
}

sub meta
{
	my $meta = decode_json(slurp('META.json'));
	my ($version) = slurp('leadcrm.control') =~ /^default_version = '(.*)'$/m;
	my $provided = $meta->{provides}{leadcrm};

	# PGXN wants three numbers.
	is($meta->{version}, "$version.0", 'META.json has the version of leadcrm.control');
	is($provided->{version}, $meta->{version}, 'and provides it');
	ok(-f $provided->{$_}, "its $_ exists") for qw(file docfile);
	like(slurp('CHANGELOG.md'), qr/\A# Changes\n\n## \Q$meta->{version}\E /, 'CHANGELOG.md has it on top');
	return;
}
