// What t/080_clients.t asks of every driver, through PostgreSQL's JDBC driver.
//
// Usage: Jdbc OWNER WRITER, with PGHOST, PGPORT, PGDATABASE and PGPASSWORD set.
// Prints "step: values" a line, NULL as "null", an error as its SQLSTATE.
import java.io.PrintStream;
import java.io.StringReader;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import org.postgresql.PGConnection;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;

public class Jdbc
{
	static final String INSERT = "INSERT INTO crm.lead (name, phone, first_source) VALUES (?, ?, ?)";
	static final String RETURNING = " RETURNING id, merged_into";
	static final String INSERT_IN = "INSERT INTO crm.lead_in (name, phone, first_source) VALUES (?, ?, ?) RETURNING id, phone";
	static final String CAPTURE = "SELECT outcome, lead_id FROM crm.capture(?, ?::jsonb)";
	static final String VIEWS = "SELECT relname FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind = 'v'"
		+ " AND relname LIKE 'v\\_%' ORDER BY 1";
	static final String FIND = "SELECT id FROM customer WHERE tel = ?";
	static final PrintStream out = new PrintStream(System.out, true, java.nio.charset.StandardCharsets.UTF_8);

	static void say(String step, Object... values)
	{
		StringBuilder line = new StringBuilder(step).append(':');

		for (Object value : values)
			line.append(' ').append(value);
		out.println(line);
	}

	/** All values of the answer, row after row. */
	static Object[] fetch(ResultSet rows) throws SQLException
	{
		List<Object> values = new ArrayList<>();

		while (rows.next())
			for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++)
				values.add(rows.getObject(column));
		return values.toArray();
	}

	/** Texts go through setString, as all that an application has is strings. */
	static void set(PreparedStatement statement, Object... parameters) throws SQLException
	{
		for (int i = 0; i < parameters.length; i++)
		{
			if (parameters[i] instanceof String)
				statement.setString(i + 1, (String) parameters[i]);
			else
				statement.setObject(i + 1, parameters[i]);
		}
	}

	static Object[] values(Connection connection, String sql, Object... parameters) throws SQLException
	{
		try (PreparedStatement statement = connection.prepareStatement(sql))
		{
			set(statement, parameters);
			return fetch(statement.executeQuery());
		}
	}

	/** The same, or the SQLSTATE of the error. */
	static Object[] attempt(Connection connection, String sql, Object... parameters)
	{
		try
		{
			return values(connection, sql, parameters);
		}
		catch (SQLException error)
		{
			return new Object[] {error.getSQLState()};
		}
	}

	static Connection connect(String user, String options) throws SQLException
	{
		Map<String, String> env = System.getenv();

		return DriverManager.getConnection(String.format("jdbc:postgresql://%s:%s/%s?currentSchema=public,leadcrm%s",
			env.get("PGHOST"), env.get("PGPORT"), env.get("PGDATABASE"), options), user, env.get("PGPASSWORD"));
	}

	static long copy(Connection connection, String sql, String rows) throws Exception
	{
		return connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql, new StringReader(rows));
	}

	static String typeName(Object value)
	{
		return value.getClass().getSimpleName();
	}

	static void asOwner(String name) throws Exception
	{
		try (Connection owner = connect(name, ""))
		{
			say("new", values(owner,
				"INSERT INTO crm.lead (name, phone, first_source, budget_max, attrs) VALUES (?, ?, ?, ?, ?::jsonb) "
				+ "RETURNING id, phone, merged_into",
				"王芳", "138 0013 8000", "官网", new BigDecimal("200000.50"), "{\"utm\": \"brand\"}"));
			say("repeat", values(owner, INSERT + RETURNING, "王芳", "０１３８－００１３－８０００", "抖音"));
			try (PreparedStatement many = owner.prepareStatement(INSERT, new String[] {"id", "merged_into"}))
			{
				set(many, "李雷", "139 0013 9000", "官网");
				many.addBatch();
				set(many, "李雷", "+86 139-0013-9000", "官网");
				many.addBatch();
				many.executeBatch();
				say("many", fetch(many.getGeneratedKeys()));
			}

			Object[] known = values(owner, "SELECT id, budget_max, created_at, attrs, attrs ->> 'utm' FROM crm.lead WHERE id = ?", 1);
			say("values", known[0], known[1], known[4]);
			say("types", typeName(known[0]), typeName(known[1]), typeName(known[2]), typeName(known[3]));
			say("stored spelling", values(owner,
				"SELECT id, name FROM crm.lead WHERE phone = ? AND merged_into IS NULL", "+8613800138000"));
			say("any spelling", values(owner,
				"SELECT id, name FROM crm.lead WHERE phone = leadcrm.try_phone(?)::text AND merged_into IS NULL", "0086 13800138000"));
			say("no phone", values(owner, "SELECT leadcrm.try_phone(?)", "nobody"));
			say("find_lead", values(owner, "SELECT lead_id, name, kind FROM crm.find_lead(?)", "+86 (138) 0013-8000"));

			values(owner, "INSERT INTO customer (id, tel) VALUES (?, ?) RETURNING id", 0, "(023)63812345转801");
			try (PreparedStatement select = owner.prepareStatement("SELECT tel FROM customer WHERE id = 0"))
			{
				ResultSet tel = select.executeQuery();

				tel.next();
				say("phone", tel.getString(1));
				say("phone type", typeName(tel.getObject(1)), tel.getMetaData().getColumnType(1));
			}
			say("phone found", values(owner, FIND, "023-63812345 转 801"));
			say("phone plan", values(owner, "EXPLAIN (COSTS OFF) " + FIND, "023-63812345"));
			say("phone of a list", values(owner, "SELECT count(*) FROM customer WHERE tel = ANY (?::phone[])",
				owner.createArrayOf("text", new String[] {"13800000001", "138-0000-0002"})));
			say("no phone found", attempt(owner, FIND, "nobody"));
			say("phone copied", copy(owner, "COPY customer (id, tel) FROM STDIN", "-1\t139 0000 0000\n"),
				values(owner, FIND, "13900000000")[0]);
			say("copy", copy(owner, "COPY crm.lead (name, phone, first_source) FROM STDIN",
				"韩梅\t137 0013 7000\t展会\n王芳\t13800138000\t展会\n"));
			readViews(owner);
		}
		try (Connection owner = connect(name, "&stringtype=unspecified"))
		{
			say("phone found, unspecified", values(owner, FIND, "023-63812345 转 801"));
			say("no phone found, unspecified", attempt(owner, FIND, "nobody"));
			say("no phone found, as text", attempt(owner, FIND + "::text", "nobody"));
		}
	}

	/** Reads every view to the last row; a type that the driver does not know would come as a PGobject of its name. */
	static void readViews(Connection owner) throws SQLException
	{
		Object[] views = values(owner, VIEWS);
		TreeSet<String> found = new TreeSet<>();

		values(owner, "UPDATE crm.lead SET stage = 'proposal', expected_amount = 10 WHERE id = 1 RETURNING id");
		values(owner, "UPDATE crm.lead SET stage = 'won' WHERE id = 1 RETURNING id");
		for (Object view : views)
			for (Object value : values(owner, "SELECT * FROM crm." + view))
				if (value != null)
					found.add(value instanceof PGobject && !(value instanceof PGInterval) ? ((PGobject) value).getType() : typeName(value));
		say("views", views.length);
		say("types of views", found.toArray());
	}

	static void asWriter(String name) throws Exception
	{
		try (Connection writer = connect(name, ""))
		{
			say("writer, new", values(writer, INSERT_IN, "赵敏", "136 0013 6000", "官网"));
			say("writer, repeat", values(writer, INSERT_IN, "王芳", "+86 138 0013 8000", "官网"));
			say("writer, insert only", attempt(writer, INSERT + RETURNING, "赵敏", "136 0013 6000", "官网"));
			say("writer, sees", values(writer, "SELECT count(*) FROM crm.lead_in")[0],
				attempt(writer, "SELECT id FROM crm.lead")[0]);
			say("writer, find_lead", values(writer, "SELECT lead_id, name FROM crm.find_lead(?)", "13800138000"));
			say("writer, capture new", values(writer, CAPTURE, "官网", "{\"姓名\": \"周杰\", \"手机\": \"135 0013 5000\"}"));
			say("writer, capture repeat", values(writer, CAPTURE, "官网", "{\"姓名\": \"王芳\", \"手机\": \"138 0013 8000\"}"));
			say("writer, copy", copy(writer, "COPY crm.lead_in (name, phone, first_source) FROM STDIN",
				"赵敏\t13600136000\t展会\n钱进\t134 0013 4000\t展会\n"));
		}
	}

	public static void main(String[] args) throws Exception
	{
		asOwner(args[0]);
		asWriter(args[1]);
	}
}
