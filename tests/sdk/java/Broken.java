package shop;

/** Cannot be made. */
public class Broken {
    public Broken() {
        throw new IllegalArgumentException("not today");
    }

    public String run() {
        return "never";
    }
}
