import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import software.amazon.event.ruler.Machine;

/** Reads lines "pattern TAB event"; prints 1 or 0 for each, or "refused" for a pattern that Event Ruler refuses. */
public class Judge {
    private static String verdict(String pattern, String event) throws Exception {
        Machine machine = new Machine();
        try {
            machine.addRule("rule", pattern);
        } catch (Exception refused) {
            return "refused";
        }
        return machine.rulesForJSONEvent(event).isEmpty() ? "0" : "1";
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        String line;
        while ((line = in.readLine()) != null) {
            int tab = line.indexOf('\t');
            out.println(verdict(line.substring(0, tab), line.substring(tab + 1)));
        }
        out.flush();
    }
}
