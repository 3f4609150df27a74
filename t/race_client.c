/*
 * race_client.c
 *	  Many writers that bring the same few persons at the same time.
 *
 *	race_client SCHEMA LEVEL SHAPE CONNECTIONS ROWS SEED
 *
 * Every connection is a process.  LEVEL is an isolation level.  SHAPE is what
 * an attempt (one transaction) does: "single", "multi" (INSERT of 5 rows) and
 * "copy" (COPY of 25) bring rows of 200 persons, each with a phone in one of
 * four spellings, a mail address or both, in any order; "lead_in" and "capture"
 * bring one row through the faces of those names; "change" deletes a lead that
 * holds a phone, gives it another number, or writes another of its columns,
 * forty times a second.
 * One attempt in ten is rolled back.  An attempt that ends in 40001 or 40P01 is
 * made again, after a pause that doubles; anything else ends the program.
 *
 * Prints one line: attempts, attempts that needed no retry, retries, most
 * retries of one attempt, 40001s, 40P01s, rows committed, milliseconds.
 * Connects as libpq's environment says.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#define PERSONS		200
#define MULTI_ROWS	5
#define COPY_ROWS	25
#define MAX_RETRIES	1000
#define CHANGE_PAUSE_US	25000

typedef struct Tally
{
	long		attempts;
	long		at_once;
	long		retries;
	long		most;
	long		serialization;
	long		deadlock;
	long		rows;
} Tally;

static const char *schema;
static const char *level;
static const char *shape;
static unsigned long long state;	/* of the random numbers */
static long serial;				/* of this process's rows */
static int	worker;
static int	seed;

static unsigned
roll(unsigned sides)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned) (state >> 33) % sides;
}

static void
fail(PGconn *conn, const char *what)
{
	fprintf(stderr, "%s: %s\n", what, PQerrorMessage(conn));
	_exit(1);
}

/* A person's phone in one of four spellings. */
static void
spell_phone(char *out, int person)
{
	char		digits[12];

	snprintf(digits, sizeof(digits), "1380013%04d", person);
	switch (roll(4))
	{
		case 0:
			strcpy(out, digits);
			break;
		case 1:
			sprintf(out, "+86 %.3s-%.4s-%s", digits, digits + 3, digits + 7);
			break;
		case 2:
			sprintf(out, "0086(%.3s)%.4s.%s", digits, digits + 3, digits + 7);
			break;
		default:				/* full-width digits */
			for (int i = 0; digits[i]; i++)
				out += sprintf(out, "\xef\xbc%c", 0x90 + digits[i] - '0');
	}
}

/* One arrival; phone or mail may be empty, not both. */
static void
arrival(char *phone, char *mail, char *token)
{
	int			person = roll(PERSONS);
	int			has = roll(20);

	*phone = *mail = '\0';
	if (has < 17)
		spell_phone(phone, person);
	if (has >= 7)
		sprintf(mail, roll(2) ? "zhang%d@example.org" : " Zhang%d@EXAMPLE.org", person);
	sprintf(token, "%d-%d-%ld", seed, worker, serial++);
}

/* The SQL of an attempt that is one command; returns the rows it brings. */
static int
attempt_sql(char *sql)
{
	char		phone[64];
	char		mail[64];
	char		token[64];

	if (strcmp(shape, "change") == 0)
	{
		sql += sprintf(sql, "WITH holder AS (SELECT lead_id FROM %s.identity WHERE live"
					   " AND kind = 'phone' AND key = '+861380013%04d') ", schema, (int) roll(PERSONS));
		switch (roll(4))
		{
			case 0:
				sprintf(sql, "DELETE FROM %s.lead WHERE id IN (SELECT lead_id FROM holder)", schema);
				break;
			case 1:
				sprintf(sql, "UPDATE %s.lead SET phone = '139%02d%02d%04ld'"
						" WHERE id IN (SELECT lead_id FROM holder)",
						schema, seed % 100, worker % 100, serial++ % 10000);
				break;
			default:
				sprintf(sql, "UPDATE %s.lead SET title = '%d'"
						" WHERE id IN (SELECT lead_id FROM holder)", schema, worker);
		}
		return 0;
	}
	if (strcmp(shape, "capture") == 0)
	{
		arrival(phone, mail, token);
		sprintf(sql, "SELECT * FROM %s.capture('race', jsonb_build_object('phone', '%s', 'email', '%s'),"
				" NULL, '%s')", schema, phone, mail, token);
		return 1;
	}
	else
	{
		int			rows = strcmp(shape, "multi") == 0 ? MULTI_ROWS : 1;

		sql += sprintf(sql, "INSERT INTO %s.%s (first_source, external_id, phone, email) VALUES",
					   schema, strcmp(shape, "lead_in") == 0 ? "lead_in" : "lead");
		for (int i = 0; i < rows; i++)
		{
			arrival(phone, mail, token);
			sql += sprintf(sql, "%s ('race', '%s', NULLIF('%s', ''), NULLIF('%s', ''))",
						   i > 0 ? "," : "", token, phone, mail);
		}
		return rows;
	}
}

static char *
copy_data(void)
{
	static char data[COPY_ROWS * 256];
	char	   *out = data;
	char		phone[64];
	char		mail[64];
	char		token[64];

	for (int i = 0; i < COPY_ROWS; i++)
	{
		arrival(phone, mail, token);
		out += sprintf(out, "race\t%s\t%s\t%s\n", token, *phone ? phone : "\\N", *mail ? mail : "\\N");
	}
	return data;
}

/* The result's SQLSTATE, "" for success. */
static const char *
run(PGconn *conn, const char *sql, const char *copy)
{
	static char sqlstate[6];
	PGresult   *result = PQexec(conn, sql);

	if (copy != NULL && PQresultStatus(result) == PGRES_COPY_IN)
	{
		PQclear(result);
		if (PQputCopyData(conn, copy, strlen(copy)) != 1 || PQputCopyEnd(conn, NULL) != 1)
			fail(conn, "COPY");
		result = PQgetResult(conn);
		while (PQresultStatus(result) != PGRES_FATAL_ERROR)
		{
			PGresult   *next = PQgetResult(conn);

			if (next == NULL)
				break;
			PQclear(result);
			result = next;
		}
		if (PQresultStatus(result) == PGRES_FATAL_ERROR)
			while (true)
			{
				PGresult   *rest = PQgetResult(conn);

				if (rest == NULL)
					break;
				PQclear(rest);
			}
	}
	sqlstate[0] = '\0';
	if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
	{
		const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

		snprintf(sqlstate, sizeof(sqlstate), "%s", code ? code : "08006");
	}
	PQclear(result);
	return sqlstate;
}

static void
work(long rows, Tally *tally)
{
	static char sql[65536];
	char		begin[64];
	bool		is_copy = strcmp(shape, "copy") == 0;
	PGconn	   *conn = PQconnectdb("");
	long		done = 0;

	if (PQstatus(conn) != CONNECTION_OK)
		fail(conn, "connection");
	PQclear(PQexec(conn, "SET client_min_messages = error"));
	snprintf(begin, sizeof(begin), "BEGIN ISOLATION LEVEL %s", level);

	while (done < rows)
	{
		const char *data = is_copy ? copy_data() : NULL;
		int			brought = is_copy ? COPY_ROWS : attempt_sql(sql);
		bool		commit = roll(10) != 0;
		long		retries = 0;

		if (is_copy)
			sprintf(sql, "COPY %s.lead (first_source, external_id, phone, email) FROM STDIN", schema);
		while (true)
		{
			const char *code;

			if (*run(conn, begin, NULL))
				fail(conn, begin);
			code = run(conn, sql, data);
			if (!*code)
				code = run(conn, commit ? "COMMIT" : "ROLLBACK", NULL);
			if (!*code)
				break;
			if (strcmp(code, "40001") == 0)
				tally->serialization++;
			else if (strcmp(code, "40P01") == 0)
				tally->deadlock++;
			else
				fail(conn, code);
			if (PQtransactionStatus(conn) != PQTRANS_IDLE && *run(conn, "ROLLBACK", NULL))
				fail(conn, "ROLLBACK");
			if (++retries > MAX_RETRIES)
				fail(conn, "too many retries");
			usleep(500 + roll(1000 << (retries < 7 ? retries : 7)));
		}
		tally->attempts++;
		tally->at_once += retries == 0;
		tally->retries += retries;
		if (retries > tally->most)
			tally->most = retries;
		if (commit)
			tally->rows += brought;
		done += brought > 0 ? brought : 1;
		if (brought == 0)
			usleep(CHANGE_PAUSE_US);
	}
	PQfinish(conn);
}

int
main(int argc, char **argv)
{
	int			connections;
	long		rows;
	Tally	   *tally;
	Tally		all = {0};
	struct timeval from;
	struct timeval to;
	bool		failed = false;

	if (argc != 7)
	{
		fprintf(stderr, "usage: race_client SCHEMA LEVEL SHAPE CONNECTIONS ROWS SEED\n");
		return 2;
	}
	schema = argv[1];
	level = argv[2];
	shape = argv[3];
	connections = atoi(argv[4]);
	rows = atol(argv[5]);
	seed = atoi(argv[6]);
	tally = mmap(NULL, connections * sizeof(Tally), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	gettimeofday(&from, NULL);
	for (worker = 0; worker < connections; worker++)
	{
		pid_t		pid = fork();

		if (pid < 0)
			return 1;
		if (pid == 0)
		{
			state = seed * 1000003ULL + worker;
			for (int i = 0; i < 8; i++)
				roll(1);
			work(rows / connections, &tally[worker]);
			_exit(0);
		}
	}
	for (int i = 0; i < connections; i++)
	{
		int			status;

		if (wait(&status) < 0 || status != 0)
			failed = true;
	}
	gettimeofday(&to, NULL);
	for (int i = 0; i < connections; i++)
	{
		all.attempts += tally[i].attempts;
		all.at_once += tally[i].at_once;
		all.retries += tally[i].retries;
		all.most = tally[i].most > all.most ? tally[i].most : all.most;
		all.serialization += tally[i].serialization;
		all.deadlock += tally[i].deadlock;
		all.rows += tally[i].rows;
	}
	printf("%ld %ld %ld %ld %ld %ld %ld %ld\n", all.attempts, all.at_once, all.retries, all.most,
		   all.serialization, all.deadlock, all.rows,
		   (to.tv_sec - from.tv_sec) * 1000 + (to.tv_usec - from.tv_usec) / 1000);
	return failed ? 1 : 0;
}
