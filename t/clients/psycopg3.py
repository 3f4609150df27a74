# What t/080_clients.t asks of every driver, through psycopg 3.
#
# Usage: psycopg3.py OWNER WRITER, with PGHOST, PGPORT, PGDATABASE and PGPASSWORD
# set.  Prints "step: values" a line, NULL as "null", an error as its SQLSTATE.
import sys
from decimal import Decimal

import psycopg
from psycopg.types.json import Jsonb


def say(step, *values):
    print(step + ":", *("null" if v is None else v for v in values), flush=True)


def row(connection, sql, *parameters):
    """The first row of the answer, or () if there is none."""
    return connection.execute(sql, parameters).fetchone() or ()


def attempt(connection, sql, *parameters):
    """The first row, or the SQLSTATE of the error."""
    try:
        return row(connection, sql, *parameters)
    except psycopg.Error as error:
        return (error.sqlstate,)


def connect(user):
    return psycopg.connect(user=user, autocommit=True, options="-c search_path=public,leadcrm")


def type_name(value):
    return type(value).__name__


INSERT = "INSERT INTO crm.lead (name, phone, first_source) VALUES (%s, %s, %s) RETURNING id, merged_into"
INSERT_IN = "INSERT INTO crm.lead_in (name, phone, first_source) VALUES (%s, %s, %s) RETURNING id, phone"
CAPTURE = "SELECT outcome, lead_id FROM crm.capture(%s, %s)"

owner = connect(sys.argv[1])
say("new", *row(owner, """INSERT INTO crm.lead (name, phone, first_source, budget_max, attrs) VALUES (%s, %s, %s, %s, %s)
                          RETURNING id, phone, merged_into""",
                "王芳", "138 0013 8000", "官网", Decimal("200000.50"), Jsonb({"utm": "brand"})))
say("repeat", *row(owner, INSERT, "王芳", "０１３８－００１３－８０００", "抖音"))

cursor = owner.cursor()
cursor.executemany(INSERT, [("李雷", "139 0013 9000", "官网"), ("李雷", "+86 139-0013-9000", "官网")], returning=True)
many = list(cursor.fetchone())
cursor.nextset()
say("many", *many, *cursor.fetchone())

known = row(owner, "SELECT id, budget_max, created_at, attrs FROM crm.lead WHERE id = %s", 1)
say("values", known[0], known[1], known[3]["utm"])
say("types", *(type_name(v) for v in known))
say("stored spelling", *row(owner, "SELECT id, name FROM crm.lead WHERE phone = %s AND merged_into IS NULL", "+8613800138000"))
say("any spelling", *row(owner, """SELECT id, name FROM crm.lead
                                   WHERE phone = leadcrm.try_phone(%s)::text AND merged_into IS NULL""", "0086 13800138000"))
say("no phone", *row(owner, "SELECT leadcrm.try_phone(%s)", "nobody"))
say("find_lead", *row(owner, "SELECT lead_id, name, kind FROM crm.find_lead(%s)", "+86 (138) 0013-8000"))

VIEWS = """SELECT relname FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind = 'v' AND relname LIKE 'v\\_%' ORDER BY 1"""
FIND = "SELECT id FROM customer WHERE tel = "
tel = row(owner, "INSERT INTO customer (id, tel) VALUES (%s, %s) RETURNING tel", 0, "(023)63812345转801")
say("phone", *tel)
say("phone type", type_name(tel[0]))
binary = owner.execute("SELECT tel FROM customer WHERE id = 0", binary=True)
say("phone type, binary", type_name(binary.fetchone()[0]))
say("phone found", *row(owner, FIND + "%s", "023-63812345 转 801"))
say("phone found, binary", *row(owner, FIND + "%b", "023-63812345 转 801"))
say("phone plan", *(line for (line,) in owner.execute("EXPLAIN (COSTS OFF) " + FIND + "%s", ("023-63812345",))))
say("phone of a list", *row(owner, "SELECT count(*) FROM customer WHERE tel = ANY (%s::phone[])", ["13800000001", "138-0000-0002"]))
say("no phone found", *attempt(owner, FIND + "%s", "nobody"))
say("no phone found, as text", *attempt(owner, FIND + "%s::text", "nobody"))
with owner.cursor() as cursor:
    with cursor.copy("COPY customer (id, tel) FROM STDIN") as copy:
        copy.write_row((-1, "139 0000 0000"))
    say("phone copied", cursor.rowcount, *row(owner, FIND + "%s", "13900000000"))
    with cursor.copy("COPY crm.lead (name, phone, first_source) FROM STDIN") as copy:
        copy.write_row(("韩梅", "137 0013 7000", "展会"))
        copy.write_row(("王芳", "13800138000", "展会"))
    say("copy", cursor.rowcount)

owner.execute("UPDATE crm.lead SET stage = 'proposal', expected_amount = 10 WHERE id = 1")
owner.execute("UPDATE crm.lead SET stage = 'won' WHERE id = 1")
views, foreign, found = 0, 0, set()
for (view,) in owner.execute(VIEWS).fetchall():
    answer = owner.execute(f"SELECT * FROM crm.{view}")
    foreign += sum(column.type_code >= 16384 for column in answer.description)
    found |= {type_name(value) for line in answer for value in line if value is not None}
    views += 1
say("views", views, foreign)
say("types of views", *sorted(found))

writer = connect(sys.argv[2])
say("writer, new", *row(writer, INSERT_IN, "赵敏", "136 0013 6000", "官网"))
say("writer, repeat", *row(writer, INSERT_IN, "王芳", "+86 138 0013 8000", "官网"))
say("writer, insert only", *attempt(writer, INSERT, "赵敏", "136 0013 6000", "官网"))
say("writer, sees", *row(writer, "SELECT count(*) FROM crm.lead_in"), *attempt(writer, "SELECT id FROM crm.lead"))
say("writer, find_lead", *row(writer, "SELECT lead_id, name FROM crm.find_lead(%s)", "13800138000"))
say("writer, capture new", *row(writer, CAPTURE, "官网", Jsonb({"姓名": "周杰", "手机": "135 0013 5000"})))
say("writer, capture repeat", *row(writer, CAPTURE, "官网", Jsonb({"姓名": "王芳", "手机": "138 0013 8000"})))
with writer.cursor() as cursor:
    with cursor.copy("COPY crm.lead_in (name, phone, first_source) FROM STDIN") as copy:
        copy.write_row(("赵敏", "13600136000", "展会"))
        copy.write_row(("钱进", "134 0013 4000", "展会"))
    say("writer, copy", cursor.rowcount)
