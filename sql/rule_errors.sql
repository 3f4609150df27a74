-- What the writer of a condition is told: where, why, and what to write
-- instead.  And conditions that are made to hurt.
SET client_min_messages = warning;
CREATE SCHEMA rules;
SET search_path = rules;
CREATE TABLE lead (name text, "公司" text, company_size integer, wants_demo boolean, attrs jsonb, created_at timestamptz, expected_close_on date, ref uuid);

SELECT leadcrm.check_condition('lead', $$"公司" = '北京' AND attrs ->> '人数' >= 50$$);
SELECT leadcrm.check_condition('lead', $$name = 5$$);
SELECT leadcrm.check_condition('lead', $$公司 LIKE '北京%' AND 人数 > 5$$);
SELECT leadcrm.check_condition('lead', $$wants_demo AND created_at > now() - interval '1 day'$$);
SELECT leadcrm.check_condition('lead', $$created_at::date = current_date$$);
SELECT leadcrm.check_condition('lead', $$created_at > 'today'$$);
SELECT leadcrm.check_condition('lead', $$expected_close_on < '2026/1/5'$$);
SELECT leadcrm.check_condition('lead', $$expected_close_on < '1月5日'$$);
SELECT leadcrm.check_condition('lead', $$name ~ '经理$'$$);
SELECT leadcrm.check_condition('lead', $$lenght(name) > 2$$);
SELECT leadcrm.check_condition('lead', $$length(company_size) > 2$$);
SELECT leadcrm.check_condition('lead', $$replace(name, '总', '') = '张'$$);
SELECT leadcrm.check_condition('lead', $$count(*) > 3$$);
SELECT leadcrm.check_condition('lead', $$company_size$$);
SELECT leadcrm.check_condition('lead', $$wants_demo;$$);
SELECT leadcrm.check_condition('lead', $$wants_demo AND$$);
SELECT leadcrm.check_condition('lead', $$lead.name = 'x'$$);
SELECT leadcrm.check_condition('lead', $$(attrs ->> 'birthday')::date < as_of::date$$);
SELECT leadcrm.check_condition('lead', $$extract(century FROM created_at) = 21$$);
SELECT leadcrm.check_condition('lead', $$created_at AT TIME ZONE 'CST' > '2026-01-05'$$);
SELECT leadcrm.check_condition('lead', $$company_size / 0 > 1 OR 1 / 0 = 1$$);
SELECT leadcrm.check_condition('lead', $$company_size ＞ 5$$);
SELECT leadcrm.check_condition('lead', $$company_size＞5$$);
SELECT leadcrm.check_condition('lead', $$name =　‘张伟’$$);
SELECT leadcrm.check_condition('lead', $$（company_size > 5）$$);

-- Too long, too large, too deep: refused at once, and never in the parser's way.
SET statement_timeout = '20s';
\set VERBOSITY terse
CREATE FUNCTION outcome(condition text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN leadcrm.condition_class('rules.lead', condition);
EXCEPTION
	WHEN others THEN RETURN left(SQLSTATE || ' ' || SQLERRM, 80);
END $$;
CREATE FUNCTION nested(inner_part text, left_part text, right_part text, n integer) RETURNS text LANGUAGE sql IMMUTABLE
	RETURN repeat(left_part, n) || inner_part || repeat(right_part, n);

SELECT what, CASE what WHEN 'absurd jsonb' THEN 'depends: ' || (outcome(condition) ~ '^(may fail$|54001)') ELSE outcome(condition) END AS outcome FROM (VALUES
	(1, '10 MB of text', 'name = ''' || repeat('长', 3500000) || ''''),
	(2, '10 MB of blanks', repeat(' ', 10000000) || 'true'),
	(3, '32 kB of blanks', repeat(' ', 32764) || 'true'),
	(4, '32 kB in a literal', 'name = ''' || repeat('x', 32000) || ''''),
	(5, 'brackets', nested('true', '(', ')', 3000)),
	(6, 'more brackets', nested('true', '(', ')', 16000)),
	(7, 'open brackets', repeat('(', 32768)),
	(8, 'NOT', repeat('NOT ', 63) || 'true'),
	(9, 'NOT, too deep', repeat('NOT ', 64) || 'true'),
	(10, 'NOT, absurd', repeat('NOT ', 8000) || 'true'),
	(11, 'minus', 'company_size > ' || repeat('- ', 16000) || '1'),
	(12, 'sums', 'company_size > 1' || repeat(' + 1', 8000)),
	(13, 'casts', 'company_size > 1' || repeat('::int', 6000)),
	(14, 'concatenations', 'name = ''x''' || repeat(' || ''x''', 4000)),
	(15, 'CASE', nested('true', 'CASE WHEN ', ' THEN true END', 1000)),
	(16, 'arrays', 'name = ANY (' || nested('''x''', 'ARRAY[', ']', 3000) || ')'),
	(17, 'IS NULL', 'name' || repeat(' IS NULL', 4000)),
	(18, 'a wide AND', 'true' || repeat(' AND wants_demo', 998)),
	(19, 'too wide an AND', 'true' || repeat(' AND wants_demo', 999)),
	(20, 'a wide IN', 'company_size IN (0' || repeat(',1', 997) || ')'),
	(21, 'too wide an IN', 'company_size IN (0' || repeat(',1', 998) || ')'),
	(22, 'a list of 10,000', 'company_size = ANY (''{0' || repeat(',1', 10000) || '}'')'),
	(23, 'BETWEEN of BETWEEN', nested('wants_demo', '(', ' BETWEEN false AND true)', 6)),
	(24, 'BETWEEN doubles its operand', nested('wants_demo', '(', ' BETWEEN false AND true)', 20)),
	(25, 'SYMMETRIC twice', nested('wants_demo', '(', ' BETWEEN SYMMETRIC false AND true)', 20)),
	(26, 'IN of IN', nested('wants_demo', '(', ' IN (wants_demo, wants_demo))', 20)),
	(27, 'IN of constants of two kinds', nested('wants_demo', '(', ' IN (true, 1))', 20)),
	(28, 'deep jsonb', 'attrs @> ''' || nested('1', '[', ']', 60) || ''''),
	(29, 'deeper jsonb', 'attrs @> ''' || nested('1', '[', ']', 1000) || ''''),
	(30, 'absurd jsonb', 'attrs @> ''' || nested('1', '[', ']', 16000) || ''''),
	(31, 'a long pattern', 'name LIKE ''' || repeat('%a', 500) || ''''),
	(32, 'a longer pattern', 'name LIKE ''' || repeat('%a', 501) || ''''),
	(33, 'digits', 'company_size < ' || repeat('9', 32000)),
	(34, 'big powers', 'company_size < 9' || repeat('9', 500) || repeat(' * 9' || repeat('9', 500), 55)),
	(35, 'comments', repeat('/*', 16384)),
	(36, 'closed comments', nested('', '/*', '*/', 8000) || 'true'),
	(37, 'quotes', repeat('''', 32767)),
	(38, 'dollars', repeat('$', 32767)),
	(39, 'semicolons', repeat(';', 32767)),
	(40, 'backslashes', 'name = E''' || repeat('\\', 16000) || ''''),
	(41, 'no such escape', 'name = E''\u0000'''),
	(42, 'surrogates', 'name = U&''\D83D\DE00'' AND name = U&''\+01F600'''),
	(43, 'half a surrogate', 'name = U&''\D83D'''),
	(44, 'another escape', 'name = U&''!5F20'' UESCAPE ''!'''),
	(45, 'a long name', repeat('x', 32000) || ' = 1'),
	(46, 'full-width operators', 'company_size ＞ 5'),
	(47, 'full-width quotes', 'name = ‘张伟’'),
	(48, 'a byte order mark', U&'\FEFFtrue'),
	(49, 'controls', E'true\x01'),
	(50, 'line ends', E'true\r\nAND\r\n\ttrue\r\n'),
	(51, 'operators', 'company_size ' || repeat('+', 32000) || ' 1'),
	(52, 'dots', 'a' || repeat('.a', 16000)),
	(53, 'subscripts', 'attrs' || repeat('[1]', 10000)),
	(54, 'arguments', 'coalesce(true' || repeat(', true', 1000) || ')'),
	(55, 'many arguments', 'leadcrm.num(' || repeat('name, ', 120) || 'name) > 1'),
	(56, 'a pattern of a column', 'name LIKE ''\'' || name')
) AS v (n, what, condition) ORDER BY n;
RESET statement_timeout;

-- Nothing stays behind: neither of what is taken nor of what is refused.
CREATE FUNCTION in_use() RETURNS bigint LANGUAGE sql AS
	$$SELECT sum(used_bytes) FROM pg_backend_memory_contexts WHERE name NOT LIKE 'PL/pgSQL%'$$;
CREATE FUNCTION check_many(n integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1..n LOOP
		PERFORM outcome('"公司" = ''北京'' AND created_at > as_of - interval ''7 days'''), outcome('attrs ->> ''人数'' >= 50'),
		        outcome('name ~ ''x'''), outcome('true AND'), outcome('created_at > ''today''');
	END LOOP;
END $$;
SELECT check_many(20);
SELECT in_use() AS before \gset
SELECT check_many(1000);
SELECT in_use() - :before < 65536 AS flat;

DROP SCHEMA rules CASCADE;
