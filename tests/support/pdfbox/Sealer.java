import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.MessageDigest;
import java.util.Calendar;
import java.util.HexFormat;
import org.apache.pdfbox.cos.COSArray;
import org.apache.pdfbox.cos.COSDictionary;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.cos.COSStream;
import org.apache.pdfbox.io.RandomAccessBuffer;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.SignatureOptions;

/**
 * PDFBox as a second writer: adds a revision with a signature, or one with a document security store.
 *
 * Orders come as lines of tab-separated words, and each is answered by one line that begins with "done" or "failed":
 * "sign SOURCE TARGET" asks in between with "digest HEX" (SHA-256 of what the byte range covers) for a CMS in
 * hexadecimal; "store SOURCE TARGET KIND=FILE …" puts files into the store, under Certs, OCSPs or CRLs.
 */
public class Sealer {
    private static final int ROOM = 16_384; // bytes for the CMS

    private final BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

    public static void main(String[] arguments) throws IOException {
        new Sealer().serve();
    }

    private void serve() throws IOException {
        String order;
        while ((order = orders.readLine()) != null) {
            String[] words = order.split("\t");
            try {
                if (words[0].equals("sign")) {
                    sign(Paths.get(words[1]), Paths.get(words[2]));
                } else {
                    store(Paths.get(words[1]), Paths.get(words[2]), words);
                }
                System.out.println("done");
            } catch (Exception failure) {
                System.out.println("failed " + failure.toString().replace('\n', ' '));
            }
        }
    }

    private void sign(Path source, Path target) throws Exception {
        PDSignature signature = new PDSignature();
        signature.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
        signature.setSubFilter(PDSignature.SUBFILTER_ETSI_CADES_DETACHED);
        signature.setSignDate(Calendar.getInstance());
        SignatureOptions options = new SignatureOptions();
        options.setPreferedSignatureSize(ROOM);
        try (PDDocument document = load(source)) {
            document.addSignature(signature, this::cmsOver, options);
            append(document, source, target);
        }
    }

    private byte[] cmsOver(InputStream covered) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            System.out.println("digest " + HexFormat.of().formatHex(digest.digest(covered.readAllBytes())));
        } catch (java.security.NoSuchAlgorithmException impossible) {
            throw new IOException(impossible);
        }
        return HexFormat.of().parseHex(orders.readLine());
    }

    private void store(Path source, Path target, String[] words) throws Exception {
        try (PDDocument document = load(source)) {
            COSDictionary catalogue = document.getDocumentCatalog().getCOSDictionary();
            COSDictionary store = new COSDictionary();
            for (String kind : new String[] {"Certs", "OCSPs", "CRLs"}) {
                COSArray proofs = new COSArray();
                for (String word : words) {
                    if (word.startsWith(kind + "=")) {
                        proofs.add(streamOf(document, Paths.get(word.substring(kind.length() + 1))));
                    }
                }
                store.setItem(COSName.getPDFName(kind), proofs);
            }
            store.setNeedToBeUpdate(true);
            catalogue.setItem(COSName.getPDFName("DSS"), store);
            catalogue.setNeedToBeUpdate(true);
            append(document, source, target);
        }
    }

    private static COSStream streamOf(PDDocument document, Path file) throws IOException {
        COSStream stream = new COSStream(new RandomAccessBuffer());
        try (OutputStream content = stream.createUnfilteredStream()) {
            content.write(Files.readAllBytes(file));
        }
        stream.setNeedToBeUpdate(true);
        return stream;
    }

    private static PDDocument load(Path source) throws IOException {
        return PDDocument.loadNonSeq(source.toFile(), new RandomAccessBuffer());
    }

    /** Write the source and behind it what has changed; PDFBox seeks in the target, to fill in the signature. */
    private static void append(PDDocument document, Path source, Path target) throws Exception {
        try (FileOutputStream after = new FileOutputStream(target.toFile())) {
            after.write(Files.readAllBytes(source));
            try (InputStream before = new FileInputStream(target.toFile())) {
                document.saveIncremental(before, after);
            }
        }
    }
}
